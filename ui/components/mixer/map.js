// The map of users and the axis of changes: two small canvases. Users are drawn once and copied at each frame.

function sized(canvas) {
  const ratio = window.devicePixelRatio || 1, box = canvas.getBoundingClientRect();
  const [width, height] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  return { pen: canvas.getContext("2d"), width, height, ratio };
}

// Unit square (y up) to the canvas, with a margin for the names.
const place = (frame, x, y) => [(0.07 + 0.86 * x) * frame.width, (0.9 - 0.8 * y) * frame.height];

function drawUsers(view, state) {
  const frame = sized(view.users), map = state.data.map;
  state.frame = frame;
  state.backdrop = null;
  if (!map) return;
  const points = state.points ??= new Float32Array(bytesOf(map.points));
  const layer = new OffscreenCanvas(frame.width, frame.height), pen = layer.getContext("2d");
  const size = Math.max(1, Math.min(2.4, 90 / Math.sqrt(points.length / 2 + 1))) * frame.ratio;
  const ink = getComputedStyle(view.users).color;
  pen.fillStyle = COLOURS.context;
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = place(frame, points[i], points[i + 1]);
    pen.fillRect(x - size / 2, y - size / 2, size, size);
  }
  for (const role of ["target", "source"]) {
    for (const user of map[role]) mark(pen, role, ...place(frame, points[2 * user], points[2 * user + 1]), (map[role].length > 1 ? 2.2 : 4) * frame.ratio, ink, frame.ratio);
  }
  const linear = state.linear ??= new Float32Array(bytesOf(map.walk)), paper = getComputedStyle(view.users).backgroundColor;
  state.paths ??= (map.paths ?? []).map((path) => ({ ...path, walk: new Float32Array(bytesOf(path.walk)) }));
  state.walk ??= state.paths.find(({ chosen }) => chosen)?.walk ?? linear;  // the list's
  if (state.paths.length) state.paths.forEach((path, i) => drawPath(pen, frame, path, i, ink));
  else drawWalk(pen, frame, linear);
  const taken = drawParties(pen, frame, linear, ink, paper);
  drawPathNames(pen, frame, state.paths, ink, paper, taken);
  state.backdrop = layer;
}

function dot(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

// The target is a blue disc, the source an orange diamond; the outline gives both contrast on any background.
function mark(pen, role, x, y, radius, ink, ratio) {
  pen.beginPath();
  if (role === "target") pen.arc(x, y, radius, 0, 2 * Math.PI);
  else [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]].forEach(([dx, dy]) => pen.lineTo(x + dx * radius, y + dy * radius));
  pen.closePath();
  pen.lineWidth = 2 * ratio;
  pen.strokeStyle = ink;
  pen.stroke();
  pen.fillStyle = COLOURS[role];
  pen.fill();
}

// The path of a method: the linear blend's is solid, those of learned methods are dashed and end in a hollow diamond, where
// the mapped source is.
function drawPath(pen, frame, { walk, mapped, chosen }, number, ink) {
  if (mapped) pen.setLineDash([7, 4, 2, 4].slice(0, number > 1 ? 4 : 2).map((length) => length * frame.ratio));
  drawWalk(pen, frame, walk, chosen ? 2.5 : 1.6);
  pen.setLineDash([]);
  if (mapped) hollow(pen, ...place(frame, ...walk.slice(-2)), 5.5 * frame.ratio, ink, frame.ratio);
}

function hollow(pen, x, y, radius, ink, ratio) {
  pen.beginPath();
  [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]].forEach(([dx, dy]) => pen.lineTo(x + dx * radius, y + dy * radius));
  pen.closePath();
  Object.assign(pen, { lineWidth: 5 * ratio, strokeStyle: ink });
  pen.stroke();
  Object.assign(pen, { lineWidth: 2.5 * ratio, strokeStyle: COLOURS.source });
  pen.stroke();
}

// The method's name beside its path: where it covers neither a name nor a mark, as near to the middle as possible.
function drawPathNames(pen, frame, paths, ink, paper, taken) {
  const { ratio } = frame, high = 13 * ratio;
  pen.font = `${11 * ratio}px sans-serif`;
  for (const { label, walk } of paths) {
    const text = label.toLowerCase(), wide = pen.measureText(text).width, last = walk.length / 2 - 1;
    const boxes = [0.5, 0.62, 0.38, 0.74, 0.26, 0.86, 0.14, 1, 0].flatMap((share) => {
      const [x, y] = place(frame, ...walk.subarray(2 * Math.round(share * last), 2 * Math.round(share * last) + 2));
      return [[8, -6], [8, 16], [-wide / ratio - 8, -6], [-wide / ratio - 8, 16], [8, 30], [8, -20]].map(([dx, dy]) => [x + dx * ratio, y + dy * ratio - high, wide, high]);
    }).filter(([x, y, w, h]) => x >= 2 && y >= 2 && x + w <= frame.width - 2 && y + h <= frame.height - 2);
    const box = boxes.find((one) => taken.every((other) => apart(one, other))) ?? boxes[0];
    if (!box) continue;
    taken.push(box);
    Object.assign(pen, { fillStyle: ink, strokeStyle: paper, lineWidth: 4 * ratio, lineJoin: "round" });
    pen.strokeText(text, box[0], box[1] + high - 3 * ratio);
    pen.fillText(text, box[0], box[1] + high - 3 * ratio);
  }
}

const apart = ([ax, ay, aw, ah], [bx, by, bw, bh]) => ax + aw < bx || bx + bw < ax || ay + ah < by || by + bh < ay;

function drawWalk(pen, frame, walk, thick = 2.5) {
  const stops = walk.length / 2;
  pen.lineWidth = thick * frame.ratio;
  pen.lineCap = "round";
  for (let i = 1; i < stops; i++) {
    pen.strokeStyle = blendOf(i / (stops - 1));
    pen.beginPath();
    pen.moveTo(...place(frame, walk[2 * i - 2], walk[2 * i - 1]));
    pen.lineTo(...place(frame, walk[2 * i], walk[2 * i + 1]));
    pen.stroke();
  }
}

// Target and source, each with its word, so that the meaning does not depend on colour. Returns the boxes they take.
function drawParties(pen, frame, walk, ink, paper) {
  const last = walk.length - 2, [ax, ay] = place(frame, walk[0], walk[1]), [bx, by] = place(frame, walk[last], walk[last + 1]);
  const r = 5.5 * frame.ratio;
  mark(pen, "target", ax, ay, r, ink, frame.ratio);
  mark(pen, "source", bx, by, r, ink, frame.ratio);
  pen.font = `600 ${11.5 * frame.ratio}px sans-serif`;
  Object.assign(pen, { fillStyle: ink, strokeStyle: paper, lineWidth: 4 * frame.ratio, lineJoin: "round" });
  const taken = [[ax - r, ay - r, 2 * r, 2 * r], [bx - r, by - r, 2 * r, 2 * r]];
  for (const [word, x, y, other] of [[say("target"), ax, ay, ay > by], [say("source"), bx, by, by >= ay]]) {
    const half = pen.measureText(word).width / 2;
    const at = [word, Math.min(Math.max(x - half, 3), frame.width - 2 * half - 3), y + (other ? 2.9 : -1.9) * r];
    pen.strokeText(...at);
    pen.fillText(...at);
    taken.push([at[1], at[2] - 11 * frame.ratio, 2 * half, 13 * frame.ratio]);
  }
  return taken;
}

// The position of the blend at α.
function drawBlend(view, state, alpha) {
  const { frame, backdrop, walk } = state;
  if (!frame) return;
  frame.pen.clearRect(0, 0, frame.width, frame.height);
  if (!backdrop) return;
  frame.pen.drawImage(backdrop, 0, 0);
  for (const path of state.paths) if (!path.chosen) drawSmallBlend(frame, pointAlong(frame, path.walk, alpha));
  const [x, y] = pointAlong(frame, walk, alpha);
  frame.pen.fillStyle = "#fff";
  dot(frame.pen, x, y, 9 * frame.ratio);
  frame.pen.fillStyle = "#1b1f1d";
  dot(frame.pen, x, y, 8 * frame.ratio);
  frame.pen.fillStyle = blendOf(alpha);
  dot(frame.pen, x, y, 6.5 * frame.ratio);
}

// The blend by the method that the list is not by: a small ring.
function drawSmallBlend({ pen, ratio }, [x, y]) {
  pen.fillStyle = "#fff";
  dot(pen, x, y, 6 * ratio);
  pen.fillStyle = "#1b1f1d";
  dot(pen, x, y, 5 * ratio);
  pen.fillStyle = "#fff";
  dot(pen, x, y, 3 * ratio);
}

function pointAlong(frame, walk, alpha) {
  const at = alpha * (walk.length / 2 - 1), i = Math.min(Math.floor(at), walk.length / 2 - 2), part = at - i;
  const between = (axis) => walk[2 * i + axis] + part * (walk[2 * i + 2 + axis] - walk[2 * i + axis]);
  return place(frame, between(0), between(1));
}

// The axis: a long tick where the set of items changes, a short one where only the order does.
function drawTicks(view, state, current) {
  if (!view.axisFrame) return;
  const { pen, width, height, ratio, ink } = view.axisFrame;
  pen.clearRect(0, 0, width, height);
  const crowd = state.starts.length > width / ratio / 3;
  for (let i = 1; i < state.starts.length; i++) {
    const here = i === state.cursor, long = state.entries[i], x = state.starts[i] * width;
    pen.globalAlpha = here ? 1 : crowd ? 0.35 : long ? 0.85 : 0.5;
    pen.fillStyle = i <= current ? blendOf(state.starts[i]) : ink;
    const thick = (here ? 3.5 : long ? 2 : 1.2) * ratio, tall = (here ? 18 : long ? 14 : 7) * ratio;
    pen.fillRect(x - thick / 2, 2 * ratio, thick, tall);
  }
}
