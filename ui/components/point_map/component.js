// The map: pan, zoom, lasso, hover and pick in the browser; Python hears of a choice on release only.
const views = new WeakMap();    // one view per mounted instance; the function at the end runs at every rerun
const contents = new Map();     // every part that was sent, decoded, by name and signature: Python sends each once
const kept = new Map();         // where one looks, by picture
const told = new Map();         // the choice last told, by whose map it is
const obeyed = new Map();       // the last wish of the page that was followed, by whose map it is
const STEP = 60;                // pixels an arrow key moves the map
const NARROW = 640;             // pixels up to which a map shares its width with nothing
const KEPT = 16;                // parts that are kept, and places where one looked

function newView(root) {
  const find = (name) => root.querySelector(`.${name}`);
  const view = {
    stage: find("stage"), points: find("points"), over: find("over"), labels: find("labels"), legend: find("legend"),
    tip: find("tip"), hint: find("hint"), spoken: find("spoken"), keys: {}, tags: [], pointers: new Map(),
    zoom: 1, centre: [0.5, 0.5], shift: 0, sliding: null, hover: -1, picked: -1, count: 0, seq: 0, line: null, lasso: false, fingers: matchMedia("(pointer: coarse)").matches, density: false, cross: false,
  };
  root.querySelectorAll("[data-do]").forEach((node) => { view.keys[node.dataset.do] = node; });
  listen(view);
  view.watch = new ResizeObserver(() => { if (view.map) { measure(view); repaint(view); } });
  view.watch.observe(view.stage);
  view.scheme = matchMedia("(prefers-color-scheme: dark)");
  view.retheme = () => setTimeout(() => { if (view.map) { readTheme(view); recolour(view); repaint(view); } }, 150);
  view.scheme.addEventListener("change", view.retheme);
  return view;
}

function measure(view) {
  const box = view.stage.getBoundingClientRect(), area = Math.max(1, box.width * box.height);
  const ratio = Math.min(window.devicePixelRatio || 1, Math.max(1, Math.sqrt(4.2e6 / area)));
  const [width, height] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
  for (const canvas of [view.points, view.over]) if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  view.frame = { width, height, ratio };
}

function readTheme(view) {
  const style = getComputedStyle(view.stage);
  view.paper = rgbOf(style.backgroundColor);
  view.ink = `rgb(${rgbOf(style.color).join(" ")})`;
  view.halo = `rgb(${view.paper.join(" ")} / 0.85)`;
  view.accent = style.getPropertyValue("--st-primary-color").trim() || "#00735a";
}

function recolour(view) {
  const colour = view.parts.colour;
  view.colour = { ...colour, codes: bytesOf(colour.codes), rgb: coloursOf(colour, view.paper, strengthOf(view.map.n)) };
  view.map.values = colour.values ? floatsOf(colour.values) : null;
  buildNames(view);
}

// What was decoded once is kept, the parts used last the longest.
function keepIn(map, name, value) {
  map.delete(name);
  map.set(name, value);
  if (map.size > KEPT) map.delete(map.keys().next().value);
}

const decoders = {
  picture: ({ points: text, names, counts }) => {
    const points = floatsOf(text);
    return { n: points.length / 2, points, names, counts: counts ? new Uint32Array(bytesOf(counts).buffer) : null, grid: gridOf(points), extent: extentOf(points) };
  },
  colour: (colour) => colour,
  marks: (marks) => Object.fromEntries(Object.entries(marks).map(([role, bits]) => [role, rowsOf(bits)])),
};

// The parts that the signatures name, null when one is not here: sent in an answer that never came, or put aside since.
function partsOf({ signs, parts }) {
  for (const name of Object.keys(signs)) {
    const at = `${name} ${signs[name]}`, found = parts[name] ? decoders[name](parts[name]) : contents.get(at);
    if (!found) return null;
    keepIn(contents, at, found);
  }
  return Object.fromEntries(Object.keys(signs).map((name) => [name, contents.get(`${name} ${signs[name]}`)]));
}

// Another picture. Who is chosen stays while the people are the same; where one looked is found again.
function load(view) {
  Object.assign(view, { map: view.parts.picture, hover: -1, zoom: 1, centre: [0.5, 0.5] }, kept.get(view.data.signs.picture));
}

// The session's choice is the valid one. A map that is mounted anew, or shows others than before, takes it over; one that
// goes on has told it itself, or something newer that is still on its way.
function follow(view, data, before) {
  if (before?.identity === data.identity && data.seq <= view.seq) return;
  const mine = told.get(data.identity), now = data.chosen ?? (mine?.seq === data.seq ? mine : null), { n } = view.map;
  const chosen = now?.bits ? chosenOf(now.bits, n) : new Uint8Array(n), picked = now?.kind === "pick" && now.index < n ? now.index : -1;
  if (picked >= 0) chosen[picked] = 1;
  Object.assign(view, { chosen, picked, count: chosen.reduce((sum, one) => sum + one, 0), seq: Math.max(view.seq, data.seq) });
  view.shift = drawerOf(view, data);
}

const keep = (view) => keepIn(kept, view.data.signs.picture, { zoom: view.zoom, centre: view.centre });

function repaint(view) {
  if (view.queued) return;
  view.queued = true;
  requestAnimationFrame(() => {
    view.queued = false;
    paintPoints(view);
    paintOver(view);
    placeNames(view);
  });
}

function reover(view) {
  if (view.queued || view.overQueued) return;
  view.overQueued = true;
  requestAnimationFrame(() => { view.overQueued = false; paintOver(view); });
}

// Choosing. `tell` is the only way anything reaches Python.
function choose(view, chosen, count, choice) {
  Object.assign(view, { chosen, count, picked: choice.kind === "pick" ? choice.index : -1 });
  view.seq += 1;
  const said = { ...choice, count, seq: view.seq, identity: view.data.identity };
  keepIn(told, view.data.identity, said);
  view.tell("choice", said);
  dress(view);
  slide(view);
  repaint(view);
  const { unit_one: one, unit_many: many } = view.data;
  view.spoken.textContent = choice.kind === "pick" ? `${view.map.names[choice.index]} picked.` : count ? `${count.toLocaleString("en")} ${count === 1 ? one : many} chosen.` : "Nobody is chosen.";
}

function pick(view, index) {
  const chosen = new Uint8Array(view.map.n);
  chosen[index] = 1;
  choose(view, chosen, 1, { kind: "pick", index });
}

function clear(view) {
  if (view.count) choose(view, new Uint8Array(view.map.n), 0, { kind: "none" });
}

function chooseGroup(view, code) {
  const chosen = Uint8Array.from(view.colour.codes, (own) => (own === code ? 1 : 0));
  const count = chosen.reduce((sum, one) => sum + one, 0);
  if (count) choose(view, chosen, count, { kind: "group", bits: bitsText(chosen), name: view.colour.names[code] });
}

function closeLasso(view) {
  const line = view.line;
  view.line = null;
  const { chosen, count } = line.length >= 6 ? insideOf(view.map.points, line) : { chosen: null, count: 0 };
  if (count) choose(view, chosen, count, { kind: "lasso", bits: bitsText(chosen) });
  else reover(view);
}

// While somebody is chosen the page lays a drawer over the map's right side: the map steps aside. On a narrow screen the
// drawer stands below the map (embeddings.css).
const drawerOf = (view, data) => (view.count && view.stage.clientWidth > NARROW ? Math.min(data.drawer, view.stage.clientWidth * 0.48) : 0);

function slide(view) {
  const goal = drawerOf(view, view.data), from = view.shift, began = performance.now();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches || view.map.n > 50000;
  if (goal === from || view.sliding === goal) return;
  view.sliding = goal;
  const frame = (now) => {
    if (view.sliding !== goal) return;
    const part = calm ? 1 : clamp((now - began) / 180, 0, 1);
    view.shift = from + (goal - from) * part * (2 - part);
    repaint(view);
    if (part < 1) requestAnimationFrame(frame);
    else view.sliding = null;
  };
  requestAnimationFrame(frame);
}

function dress(view) {
  const { keys, data, over, count } = view;
  keys.move.setAttribute("aria-pressed", String(!view.lasso));
  keys.lasso.setAttribute("aria-pressed", String(view.lasso));
  keys.density.setAttribute("aria-pressed", String(view.density));
  keys.clear.hidden = count === 0;
  over.classList.toggle("lasso", view.lasso);
  view.hint.textContent = count > 1 ? `${count.toLocaleString("en")} ${data.unit_many} chosen` : `${view.map.n.toLocaleString("en")} ${data.unit_many} · ${view.fingers ? "two fingers move and zoom · with Lasso one finger draws" : "drag moves · wheel zooms · Shift-drag draws a lasso"}`;
  over.setAttribute("aria-label", `${data.label} Arrow keys move, plus and minus zoom, Enter picks what is in the middle, Escape chooses nobody.`);
}

// Looking around.
function zoomBy(view, factor, px = middleOf(view)[0], py = middleOf(view)[1]) {
  const [x, y] = toMap(view, px, py);
  view.zoom = clamp(view.zoom * factor, 1, 400);
  const [nowX, nowY] = toMap(view, px, py);
  view.centre = inBounds([view.centre[0] + x - nowX, view.centre[1] + y - nowY], view.zoom);
  keep(view);
  repaint(view);
}

function panBy(view, dx, dy) {
  const { scale } = transform(view);
  view.centre = inBounds([view.centre[0] - dx / scale, view.centre[1] + dy / scale], view.zoom);
  keep(view);
  repaint(view);
}

const inBounds = ([x, y], zoom) => (zoom === 1 ? [clamp(x, 0.2, 0.8), clamp(y, 0.2, 0.8)] : [clamp(x, 0, 1), clamp(y, 0, 1)]);

function whole(view) {
  Object.assign(view, { zoom: 1, centre: [0.5, 0.5] });
  keep(view);
  repaint(view);
}

function toMap(view, px, py) {
  const { scale, x, y } = transform(view);
  return [(px - x) / scale, (y - py) / scale];
}

function at(view, event) {
  const box = view.stage.getBoundingClientRect();
  return [(event.clientX - box.left) * view.frame.ratio, (event.clientY - box.top) * view.frame.ratio];
}

function under(view, px, py, reach = 11) {
  const [x, y] = toMap(view, px, py);
  return nearestPoint(view.map.grid, view.map.points, x, y, (reach + radiusOf(view)) * view.frame.ratio / transform(view).scale);
}

function hoverAt(view, px, py) {
  const found = under(view, px, py), { ratio } = view.frame;
  if (found !== view.hover) reover(view);
  view.hover = found;
  view.over.classList.toggle("near", found >= 0 && !view.lasso);
  showTip(view, found, px / ratio, py / ratio);
}

function listen(view) {
  const { over, keys } = view;
  keys.move.onclick = () => { view.lasso = false; dress(view); };
  keys.lasso.onclick = () => { view.lasso = true; dress(view); };
  keys.in.onclick = () => zoomBy(view, 1.6);
  keys.out.onclick = () => zoomBy(view, 1 / 1.6);
  keys.whole.onclick = () => whole(view);
  keys.density.onclick = () => { view.density = !view.density; dress(view); repaint(view); };
  keys.clear.onclick = () => { clear(view); over.focus(); };
  over.onwheel = (event) => {
    if (view.zoom === 1 && event.deltaY > 0) return;  // zoomed out already: the page scrolls
    event.preventDefault();
    zoomBy(view, Math.exp(-clamp(event.deltaY * (event.deltaMode ? 30 : 1), -240, 240) * 0.0025), ...at(view, event));
  };
  over.onfocus = () => { view.cross = over.matches(":focus-visible"); if (view.map) reover(view); };
  over.onblur = () => { view.cross = false; if (view.map) reover(view); };
  over.onkeydown = (event) => keyed(view, event);
  listenToPointer(view);
}

function keyed(view, event) {
  const [dx, dy] = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] }[event.key] ?? [0, 0];
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (dx || dy) panBy(view, dx * view.frame.ratio, dy * view.frame.ratio);
  else if (event.key === "+" || event.key === "=") zoomBy(view, 1.4);
  else if (event.key === "-") zoomBy(view, 1 / 1.4);
  else if (event.key === "0") whole(view);
  else if (event.key === "Escape") { if (view.line) { view.line = null; reover(view); } else clear(view); }
  else if (event.key === "Enter") {
    const found = under(view, ...middleOf(view), 80);
    if (found >= 0) pick(view, found);
  } else return;
  event.preventDefault();
  view.cross = true;
  reover(view);
}

function listenToPointer(view) {
  const { over, pointers } = view;
  // Two fingers are the map's: the page would scroll along with them.
  for (const kind of ["touchstart", "touchmove"]) over.addEventListener(kind, (event) => { if (event.touches.length > 1 && event.cancelable) event.preventDefault(); }, { passive: false });
  over.onpointerdown = (event) => {
    if (event.button) return;
    over.setPointerCapture(event.pointerId);
    const here = at(view, event);
    pointers.set(event.pointerId, here);
    view.travelled = pointers.size > 1 ? 99 : 0;
    view.cross = false;
    showTip(view, -1);
    view.fingers = event.pointerType !== "mouse";
    view.line = pointers.size === 1 && (view.lasso || event.shiftKey) ? toMap(view, ...here) : null;
    if (view.fingers) dress(view);
    over.classList.toggle("held", !view.line);
  };
  over.onpointermove = (event) => {
    const here = at(view, event), last = pointers.get(event.pointerId);
    if (!last) { hoverAt(view, ...here); return; }
    const gap = Math.hypot(here[0] - last[0], here[1] - last[1]);
    if (view.line) { if (gap < 3 * view.frame.ratio) return; view.line.push(...toMap(view, ...here)); reover(view); }
    else if (pointers.size === 2) pinch(view, event.pointerId, last, here);
    else if (event.pointerType !== "mouse") { view.travelled += gap; return; }  // one finger scrolls the page
    else if (view.travelled + gap > 4 * view.frame.ratio) panBy(view, here[0] - last[0], here[1] - last[1]);
    else return;
    view.travelled += gap;
    pointers.set(event.pointerId, here);
  };
  over.onpointerup = over.onpointercancel = (event) => {
    const here = at(view, event), alone = pointers.size === 1;
    if (!pointers.delete(event.pointerId)) return;
    over.classList.remove("held");
    const click = alone && view.travelled <= 4 * view.frame.ratio && event.type === "pointerup";
    if (view.line && !click) {
      if (event.type === "pointerup") closeLasso(view);
      else { view.line = null; reover(view); }
      if (event.pointerType !== "mouse") { view.lasso = false; dress(view); }  // the finger scrolls again
      return;
    }
    view.line = null;
    if (!click) return;
    const found = under(view, ...here);
    if (found >= 0) pick(view, found);
    else clear(view);
  };
  over.onpointerleave = () => { if (!pointers.size) { view.hover = -1; showTip(view, -1); over.classList.remove("near"); if (view.map) reover(view); } };
}

function pinch(view, id, last, here) {
  const other = [...view.pointers].find(([key]) => key !== id)[1], gap = ([x, y]) => Math.max(1, Math.hypot(x - other[0], y - other[1]));
  const middle = (end) => [(end[0] + other[0]) / 2, (end[1] + other[1]) / 2], [before, now] = [middle(last), middle(here)];
  panBy(view, now[0] - before[0], now[1] - before[1]);
  zoomBy(view, gap(here) / gap(last), ...now);
}

// What the page asks for: somebody to pick and look at, or a choice to show. Python hears of it as of any other choice.
function obey(view, data) {
  const asked = data.focus;
  if (!asked || asked.seq <= (obeyed.get(data.identity) ?? 0)) return;
  obeyed.set(data.identity, asked.seq);
  if (asked.bits) {
    const chosen = chosenOf(asked.bits, view.map.n);
    choose(view, chosen, chosen.reduce((sum, one) => sum + one, 0), { kind: "lasso", bits: asked.bits });
  } else if (asked.index >= 0 && asked.index < view.map.n) {
    Object.assign(view, { zoom: Math.max(view.zoom, 2.5), centre: [...view.map.points.subarray(2 * asked.index, 2 * asked.index + 2)] });
    pick(view, asked.index);
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) { view = newView(parentElement); views.set(parentElement, view); }
  const before = view.data, parts = partsOf(data);
  if (!parts) { setTriggerValue("lacking", true); return; }  // what is seen stays until the answer
  const fresh = before?.signs.picture !== data.signs.picture, painted = before?.signs.colour !== data.signs.colour;
  Object.assign(view, { data, parts, tell: setStateValue });
  measure(view);
  readTheme(view);
  if (fresh) load(view);
  follow(view, data, before);
  if (fresh || painted) recolour(view);
  dress(view);
  obey(view, data);
  slide(view);
  repaint(view);
  return () => {
    if (parentElement.isConnected) return;  // only another run
    view.watch.disconnect();
    view.scheme.removeEventListener("change", view.retheme);
  };
}
