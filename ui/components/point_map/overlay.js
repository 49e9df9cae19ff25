// The layer over the points: source and target, neighbours of the picked point, lasso, hover, and labels of groups.

function paintOverlay(view) {
  const { frame, map } = view, pen = view.over.getContext("2d"), { scale, x, y } = transform(view), { ratio } = frame;
  const at = (i) => [x + scale * map.points[2 * i], y - scale * map.points[2 * i + 1]];
  pen.clearRect(0, 0, frame.width, frame.height);
  paintArrows(view, pen);
  paintLeaders(view, pen);
  const radius = radiusOf(view) * ratio;
  paintNeighbours(view, pen, at);
  for (const role of ["source", "target"]) {
    const members = view.parts.marks[role] ?? [];
    members.slice(0, 5000).forEach((i) => paintMark(pen, at(i), role, (members.length > 1 ? Math.max(radius, 2.2 * ratio) : 7.5 * ratio), view));
    if (members.length) paintRole(pen, centreOf(members, at), role, view);
  }
  if (view.picked >= 0) ring(pen, at(view.picked), radius + 5 * ratio, view.ink, 2.4 * ratio, view.outline);
  if (view.hover >= 0 && view.hover !== view.picked) ring(pen, at(view.hover), radius + 3 * ratio, view.ink, 1.6 * ratio, view.outline);
  if (view.crosshair) paintCrosshair(view, pen);
  if (view.line) paintLasso(view, pen, scale, x, y);
}

function ring(pen, [x, y], radius, colour, width, outline) {
  for (const [style, line] of [[outline, width + 3], [colour, width]]) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.lineWidth = line;
    pen.strokeStyle = style;
    pen.stroke();
  }
}

// The target is a blue disc, the source an orange diamond.
function paintMark(pen, [x, y], role, radius, view) {
  pen.beginPath();
  if (role === "target") pen.arc(x, y, radius, 0, 2 * Math.PI);
  else [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]].forEach(([dx, dy]) => pen.lineTo(x + dx * radius, y + dy * radius));
  pen.closePath();
  pen.fillStyle = COLOURS[role];
  for (const [style, width] of [[view.outline, 4], [view.ink, 2]]) {  // the outlines give contrast on any background
    pen.lineWidth = width * view.frame.ratio;
    pen.strokeStyle = style;
    pen.stroke();
  }
  pen.fill();
}

function centreOf(members, at) {
  const places = members.slice(0, 5000).map(at), middle = (axis) => places.map((p) => p[axis]).sort((a, b) => a - b)[Math.floor(places.length / 2)];
  return [middle(0), middle(1)];
}

const roleName = (role) => (role === "target" ? say("target") : say("source"));

function paintRole(pen, [x, y], role, view) {
  const ratio = view.frame.ratio;
  pen.font = `650 ${13 * ratio}px sans-serif`;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.lineWidth = 4 * ratio;
  pen.lineJoin = "round";
  pen.strokeStyle = view.outline;
  pen.fillStyle = view.ink;
  pen.strokeText(roleName(role), x + 12 * ratio, y);
  pen.fillText(roleName(role), x + 12 * ratio, y);
}

// The boxes of the words at source and target, in pixels of the page: labels of groups keep them free.
function measureRoles(view) {
  const { ratio } = view.frame, { scale, x, y } = transform(view), { points } = view.map;
  view.roleBoxes = Object.values(view.parts.marks).filter((members) => members.length).map((members) => {
    const [left, top] = centreOf(members, (i) => [x + scale * points[2 * i], y - scale * points[2 * i + 1]]);
    return { left: left / ratio - 9, top: top / ratio - 10, width: 68, height: 20 };
  });
}

// Lines to the nearest neighbours in the embedding space, wherever they are on the map.
function paintNeighbours(view, pen, at) {
  const { of = -1, near = [] } = view.data.neighbours ?? {};
  if (of < 0 || of !== view.picked) return;
  const [x, y] = at(of), ratio = view.frame.ratio;
  for (const one of near) {
    const [toX, toY] = at(one);
    for (const [style, width] of [[view.outline, 4], [view.ink, 1.5]]) {
      pen.lineWidth = width * ratio;
      pen.strokeStyle = style;
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(toX, toY);
      pen.stroke();
    }
  }
  for (const one of near) ring(pen, at(one), (radiusOf(view) + 2) * ratio, view.ink, 1.4 * ratio, view.outline);
}

function paintCrosshair(view, pen) {
  const { ratio } = view.frame, [x, y] = middleOf(view), arm = 10 * ratio;
  pen.lineWidth = 1.5 * ratio;
  pen.strokeStyle = view.ink;
  pen.beginPath();
  pen.moveTo(x - arm, y); pen.lineTo(x + arm, y);
  pen.moveTo(x, y - arm); pen.lineTo(x, y + arm);
  pen.stroke();
}

function paintLasso(view, pen, scale, x, y) {
  pen.beginPath();
  for (let c = 0; c < view.line.length; c += 2) pen.lineTo(x + scale * view.line[c], y - scale * view.line[c + 1]);
  pen.closePath();
  pen.fillStyle = view.accent;
  pen.globalAlpha = 0.12;
  pen.fill();
  pen.globalAlpha = 1;
  pen.lineWidth = 2 * view.frame.ratio;
  pen.strokeStyle = view.accent;
  pen.stroke();
}

// A group's button: its shape and colour, name and size. Pressing it chooses all rows of the group.
function groupButton(view, code) {
  const { names, sizes, rgb } = view.colour, button = document.createElement("button");
  const [glyph, name, many] = [0, 1, 2].map(() => document.createElement("span"));
  button.type = "button";
  button.className = "group";
  glyph.className = `glyph s${code % SHAPES}`;
  glyph.style.setProperty("--own", `rgb(${rgb[code].join(" ")})`);
  name.className = "name";
  name.textContent = names[code];
  many.className = "many";
  many.textContent = sizes[code].toLocaleString("en");
  button.title = say("{group}: choose all", { group: names[code] });  // a description; the button's accessible name is its text
  button.append(glyph, name, " ", many);
  button.onclick = () => chooseGroup(view, code);
  return button;
}

function buildLabels(view) {
  const { colour } = view, codes = colour.kind === "groups" ? colour.names.map((_, code) => code) : [];
  view.groupLabels = colour.direct ? codes.map((code) => ({ code, node: groupButton(view, code) })) : [];
  view.labels.replaceChildren(...view.groupLabels.map((label) => label.node));
  for (const label of view.groupLabels) Object.assign(label, { width: label.node.offsetWidth, height: label.node.offsetHeight });
  const heading = document.createElement("span");
  heading.className = "heading";
  heading.textContent = colour.title;
  if (colour.kind === "ramp") {
    const [ramp, ends, low, high] = ["div", "div", "span", "span"].map((kind) => document.createElement(kind));
    ramp.className = "ramp";
    const stops = [0, 51, 102, 153, 204, 255].map((code) => `rgb(${colour.rgb[code].join(" ")})`);
    ramp.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    ends.className = "ends";
    low.textContent = colour.low;
    high.textContent = colour.high;
    ends.append(low, high);
    view.legend.replaceChildren(heading, ramp, ends);
  } else view.legend.replaceChildren(...(colour.direct ? [] : [heading, ...codes.map((code) => groupButton(view, code))]));
}

// Labels of groups, larger groups first. A label that does not stand beside its spot is joined to it by a line.
function placeLabels(view) {
  const { map, colour, frame, hint, tools } = view, { ratio } = frame, { scale, x, y } = transform(view);
  const width = frame.width / ratio - view.shift, height = frame.height / ratio, screen = { scale: scale / ratio, x: x / ratio, y: y / ratio };
  view.leaders = [];
  view.labels.hidden = Boolean(view.gliding);
  if (width < 1 || height < 1 || view.gliding) return;  // the page has hidden the map, or its points are on their way
  const boxOf = (node) => ({ left: node.offsetLeft, top: node.offsetTop, width: node.offsetWidth, height: node.offsetHeight });
  const labels = view.groupLabels.map((label) => {
    const [spotX, spotY] = colour.places[label.code];
    return { ...label, x: screen.x + screen.scale * spotX, y: screen.y - screen.scale * spotY };
  }).sort((one, other) => colour.sizes[other.code] - colour.sizes[one.code]);
  const covered = labels.length ? coverageOf(map.points, colour.codes, colour.names.length, screen, width, height) : undefined;
  const places = placesOf(labels, { left: 6, top: 6, right: width - 6, bottom: height - 6 }, [boxOf(tools), boxOf(hint), ...view.roleBoxes], covered);
  labels.forEach(({ node, code, ...spot }, i) => {
    const place = places[i];
    node.hidden = !place;
    if (!place) return;
    node.style.transform = `translate(${Math.round(place.left)}px, ${Math.round(place.top)}px)`;
    const [endX, endY] = nearestOf(place, spot.x, spot.y);
    view.leaders.push({ code, from: [endX * ratio, endY * ratio], to: [spot.x * ratio, spot.y * ratio] });
  });
}

// Arrows from where users were earlier, one for each or one for many, in the colour of a row of their group.
function paintArrows(view, pen) {
  const { starts, ends, rows, counts } = view.parts.arrows, { scale, x, y } = transform(view), { ratio } = view.frame;
  if (view.gliding) return;
  const place = (values, i) => [x + scale * values[2 * i], y - scale * values[2 * i + 1]];
  Object.assign(pen, { lineCap: "round", lineJoin: "round", font: `650 ${12 * ratio}px sans-serif`, textAlign: "center", textBaseline: "middle" });
  const drawn = Array.from(rows, (row, i) => ({ from: place(starts, i), to: place(ends, i), colour: `rgb(${view.colour.rgb[view.colour.codes[row]].join(" ")})`, count: counts[i] }))
    .filter(({ from, to }) => Math.hypot(to[0] - from[0], to[1] - from[1]) > 8 * ratio);
  for (const { from, to, colour, count } of drawn) {
    const turn = Math.atan2(to[1] - from[1], to[0] - from[0]), width = count > 1 ? 1.5 + 0.7 * Math.sqrt(count) : 1.7, head = (7 + 1.6 * width) * ratio;
    for (const [style, more] of [[view.outline, 2.5], [colour, 0]]) {
      pen.strokeStyle = style;
      pen.lineWidth = (width + more) * ratio;
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(...to);
      for (const side of [-1, 1]) {
        pen.moveTo(...to);
        pen.lineTo(to[0] - head * Math.cos(turn + side * 0.5), to[1] - head * Math.sin(turn + side * 0.5));
      }
      pen.stroke();
    }
  }
  pen.lineWidth = 4 * ratio;
  pen.strokeStyle = view.outline;
  pen.fillStyle = view.ink;
  for (const { from, to, count } of drawn.filter((one) => one.count > 1)) {
    const at = [0, 1].map((axis) => from[axis] + 0.35 * (to[axis] - from[axis]));
    pen.strokeText(count, ...at);
    pen.fillText(count, ...at);
  }
}

// Lines from labels to their spots, with a halo so that they are seen over any points.
function paintLeaders(view, pen) {
  const { ratio } = view.frame;
  pen.lineCap = "round";
  for (const [style, width] of [[view.outline, 4], [view.ink, 1.4]]) {
    pen.strokeStyle = style;
    pen.lineWidth = width * ratio;
    for (const { from, to } of view.leaders) {
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(...to);
      pen.stroke();
    }
  }
  for (const { code, to } of view.leaders) {
    pen.beginPath();
    pen.arc(...to, 4 * ratio, 0, 2 * Math.PI);
    pen.fillStyle = `rgb(${view.colour.rgb[code].join(" ")})`;
    pen.fill();
    pen.lineWidth = 1.6 * ratio;
    pen.strokeStyle = view.ink;
    pen.stroke();
  }
}

// The card beside the pointer: the row's name, its count and what its colour means.
function showTip(view, i, px, py) {
  const { tip, map, colour } = view;
  tip.hidden = i < 0;
  if (i < 0) return;
  tip.firstElementChild.textContent = map.names[i];
  const value = colour.kind === "groups" ? colour.names[colour.codes[i]] : say("{title}: {value}", { title: colour.title, value: map.values ? map.values[i].toLocaleString("en", { maximumSignificantDigits: 3 }) : "" });
  tip.lastElementChild.textContent = [map.counts ? `${map.counts[i].toLocaleString("en")} ${view.data.unit}` : "", value].filter(Boolean).join(" · ");
  const box = view.stage.getBoundingClientRect(), width = tip.offsetWidth, height = tip.offsetHeight;
  const left = px + 16 + width > box.width ? px - 14 - width : px + 16, top = py + 16 + height > box.height ? py - 12 - height : py + 14;
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}
