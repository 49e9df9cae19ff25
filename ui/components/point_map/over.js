// What lies over the points: who is marked, the neighbours of the one picked, the lasso, the hover, names of groups.
const ROLES = { source: "#e69f00", target: "#0072b2" };

function paintOver(view) {
  const { frame, map } = view, pen = view.over.getContext("2d"), { scale, x, y } = transform(view), { ratio } = frame;
  const at = (i) => [x + scale * map.points[2 * i], y - scale * map.points[2 * i + 1]];
  pen.clearRect(0, 0, frame.width, frame.height);
  const radius = radiusOf(view) * ratio;
  paintNeighbours(view, pen, at);
  for (const role of ["source", "target"]) {
    const members = view.parts.marks[role] ?? [];
    members.slice(0, 5000).forEach((i) => paintMark(pen, at(i), role, (members.length > 1 ? Math.max(radius, 2.2 * ratio) : 7.5 * ratio), view));
    if (members.length) paintWord(pen, centreOf(members, at), role, view);
  }
  if (view.picked >= 0) ring(pen, at(view.picked), radius + 5 * ratio, view.ink, 2.4 * ratio, view.halo);
  if (view.hover >= 0 && view.hover !== view.picked) ring(pen, at(view.hover), radius + 3 * ratio, view.ink, 1.6 * ratio, view.halo);
  if (view.cross) paintCross(view, pen);
  if (view.line) paintLasso(view, pen, scale, x, y);
}

function ring(pen, [x, y], radius, colour, width, halo) {
  for (const [style, line] of [[halo, width + 3], [colour, width]]) {
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
  pen.fillStyle = ROLES[role];
  for (const [style, width] of [[view.halo, 4], [view.ink, 2]]) {  // the line around them is what reads on any background
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

function paintWord(pen, [x, y], role, view) {
  const ratio = view.frame.ratio;
  pen.font = `650 ${13 * ratio}px sans-serif`;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.lineWidth = 4 * ratio;
  pen.lineJoin = "round";
  pen.strokeStyle = view.halo;
  pen.fillStyle = view.ink;
  pen.strokeText(role, x + 12 * ratio, y);
  pen.fillText(role, x + 12 * ratio, y);
}

// Lines to those who are nearest in the real space, wherever the picture has put them.
function paintNeighbours(view, pen, at) {
  const { of = -1, near = [] } = view.data.neighbours ?? {};
  if (of < 0 || of !== view.picked) return;
  const [x, y] = at(of), ratio = view.frame.ratio;
  for (const one of near) {
    const [toX, toY] = at(one);
    for (const [style, width] of [[view.halo, 4], [view.ink, 1.5]]) {
      pen.lineWidth = width * ratio;
      pen.strokeStyle = style;
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(toX, toY);
      pen.stroke();
    }
  }
  for (const one of near) ring(pen, at(one), (radiusOf(view) + 2) * ratio, view.ink, 1.4 * ratio, view.halo);
}

function paintCross(view, pen) {
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

// A button that stands for a group: its shape and colour, its name, how many. Pressing it chooses everybody in it.
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
  button.title = `${names[code]}: choose all`;  // a description; the button's name is what stands on it
  button.append(glyph, name, " ", many);
  button.onclick = () => chooseGroup(view, code);
  return button;
}

function buildNames(view) {
  const { colour } = view, codes = colour.kind === "groups" ? colour.names.map((_, code) => code) : [];
  view.tags = colour.direct ? codes.map((code) => ({ code, node: groupButton(view, code) })) : [];
  view.labels.replaceChildren(...view.tags.map((tag) => tag.node));
  for (const tag of view.tags) Object.assign(tag, { width: tag.node.offsetWidth, height: tag.node.offsetHeight });
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

// Names stand at the middle of their group and step aside from each other, the large groups first.
function placeNames(view) {
  const { scale, x, y } = transform(view), { ratio } = view.frame, taken = [];
  const box = { width: view.frame.width / ratio - view.shift, height: view.frame.height / ratio };
  for (const { code, node, width, height } of view.tags) {
    const [cx, cy] = view.colour.places[code], left = (x + scale * cx) / ratio - width / 2, middle = (y - scale * cy) / ratio - height - 7;
    const away = left + width < 0 || left > box.width || middle + height < 0 || middle > box.height;
    node.hidden = away;
    if (away) continue;
    const spot = [0, 1, -1, 2, -2, 3, -3].map((step) => ({
      left: clamp(left, 6, box.width - width - 6), top: clamp(middle + step * (height + 3), 54, box.height - height - 6), width, height,
    })).find((one) => !taken.some((other) => one.left < other.left + other.width && other.left < one.left + one.width
      && one.top < other.top + other.height && other.top < one.top + one.height));
    node.hidden = !spot;
    if (!spot) continue;
    taken.push(spot);
    node.style.transform = `translate(${Math.round(spot.left)}px, ${Math.round(spot.top)}px)`;
  }
}

// The card beside the pointer: who, how many items, which colour.
function showTip(view, i, px, py) {
  const { tip, map, colour } = view;
  tip.hidden = i < 0;
  if (i < 0) return;
  tip.firstElementChild.textContent = map.names[i];
  const value = colour.kind === "groups" ? colour.names[colour.codes[i]] : `${colour.title}: ${map.values ? map.values[i].toLocaleString("en", { maximumSignificantDigits: 3 }) : ""}`;
  tip.lastElementChild.textContent = [map.counts ? `${map.counts[i].toLocaleString("en")} ${view.data.unit}` : "", value].filter(Boolean).join(" · ");
  const box = view.stage.getBoundingClientRect(), width = tip.offsetWidth, height = tip.offsetHeight;
  const left = px + 16 + width > box.width ? px - 14 - width : px + 16, top = py + 16 + height > box.height ? py - 12 - height : py + 14;
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}
