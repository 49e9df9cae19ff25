// The map: pan, zoom, lasso, hover and pick in the browser; a choice is sent to Python on release only.
const views = new WeakMap();          // one view per mounted instance; the function at the end runs at every rerun
const receivedParts = new Map();      // decoded parts by name and signature; Python sends each part once
const cameras = new Map();            // zoom and centre, by signature of the points
const sentChoices = new Map();        // the choice last sent, by identity of the rows
const followedFocus = new Map();      // number of the last focus that was followed, by identity of the rows
const NARROW_STAGE = 640;             // up to this width in pixels the drawer stands below the map
const MOST_REMEMBERED = 16;           // entries of each Map
const GLIDE = 700;                    // milliseconds in which points move to another projection
const MOST_GLIDING = 20000;           // points; more would move by jerks

function newView(root) {
  const find = (name) => root.querySelector(`.${name}`);
  const view = {
    stage: find("stage"), points: find("points"), over: find("over"), labels: find("labels"), legend: find("legend"),
    tip: find("tip"), hint: find("hint"), tools: find("tools"), spoken: find("spoken"), keys: {}, groupLabels: [], pointers: new Map(),
    zoom: 1, centre: [0.5, 0.5], shift: 0, sliding: null, roleBoxes: [], leaders: [], hover: -1, picked: -1, count: 0, seq: 0, line: null, lasso: false, touch: matchMedia("(pointer: coarse)").matches, density: false, crosshair: false,
  };
  root.querySelectorAll("[data-do]").forEach((node) => { view.keys[node.dataset.do] = node; });
  listen(view);
  view.watch = new ResizeObserver(() => { if (view.map) { measure(view); repaint(view); } });
  view.watch.observe(view.stage);
  view.scheme = matchMedia("(prefers-color-scheme: dark)");
  view.applyTheme = () => setTimeout(() => { if (view.map) { readTheme(view); recolour(view); repaint(view); } }, 150);
  view.scheme.addEventListener("change", view.applyTheme);
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
  view.background = rgbOf(style.backgroundColor);
  view.ink = `rgb(${rgbOf(style.color).join(" ")})`;
  view.outline = `rgb(${view.background.join(" ")} / 0.85)`;
  view.accent = style.getPropertyValue("--st-primary-color").trim() || "#00735a";
}

function recolour(view) {
  const colour = view.parts.colour;
  view.colour = { ...colour, codes: bytesOf(colour.codes), rgb: coloursOf(colour, view.background, opacityOf(view.map.n)) };
  view.map.values = colour.values ? floatsOf(colour.values) : null;
  buildLabels(view);
}

// Sets an entry and drops the least recently used one.
function remember(map, name, value) {
  map.delete(name);
  map.set(name, value);
  if (map.size > MOST_REMEMBERED) map.delete(map.keys().next().value);
}

const decoders = {
  points: ({ points: text, names, counts }) => {
    const points = floatsOf(text);
    return { n: points.length / 2, points, names, counts: counts ? new Uint32Array(bytesOf(counts).buffer) : null, grid: gridOf(points), extent: extentOf(points) };
  },
  colour: (colour) => colour,
  arrows: ({ starts, ends, rows, counts }) => ({ starts: floatsOf(starts), ends: floatsOf(ends), rows: new Uint32Array(bytesOf(rows).buffer), counts: new Uint32Array(bytesOf(counts).buffer) }),
  marks: (marks) => Object.fromEntries(Object.entries(marks).map(([role, bits]) => [role, rowsOf(bits)])),
};

// The parts with these signatures; null when one is missing: its message was lost, or it was dropped since.
function partsOf({ signatures, parts }) {
  for (const name of Object.keys(signatures)) {
    const at = `${name} ${signatures[name]}`, found = parts[name] ? decoders[name](parts[name]) : receivedParts.get(at);
    if (!found) return null;
    remember(receivedParts, at, found);
  }
  return Object.fromEntries(Object.keys(signatures).map((name) => [name, receivedParts.get(`${name} ${signatures[name]}`)]));
}

// Another projection. The choice stays while the rows are the same; zoom and centre are restored.
function load(view) {
  Object.assign(view, { map: view.parts.points, gliding: null, hover: -1, zoom: 1, centre: [0.5, 0.5] }, cameras.get(view.data.signatures.points));
}

// The same rows at other places: the points move there, so that one sees where each group goes. Names follow at the end.
function glide(view, from) {
  const to = view.map, began = performance.now();
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || from.n > MOST_GLIDING) { repaint(view); return; }
  view.gliding = to;
  const frame = (now) => {
    if (view.gliding !== to) return;
    const part = clamp((now - began) / GLIDE, 0, 1), share = part * part * (3 - 2 * part);
    const between = (one, other) => one + (other - one) * share;
    view.map = part < 1 ? { ...to, points: to.points.map((value, i) => between(from.points[i], value)), extent: to.extent.map((value, axis) => between(from.extent[axis], value)) } : to;
    if (part === 1) view.gliding = null;
    repaint(view);
    if (part < 1) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

// The session's choice is the valid one. A map that is newly mounted or shows other rows adopts it; any other map has sent
// that choice itself, or a newer one that has not arrived yet.
function adoptChoice(view, data, before) {
  if (before?.identity === data.identity && data.seq <= view.seq) return;
  const own = sentChoices.get(data.identity), now = data.chosen ?? (own?.seq === data.seq ? own : null), { n } = view.map;
  const chosen = now?.bits ? chosenOf(now.bits, n) : new Uint8Array(n), picked = now?.kind === "pick" && now.index < n ? now.index : -1;
  if (picked >= 0) chosen[picked] = 1;
  Object.assign(view, { chosen, picked, count: chosen.reduce((sum, one) => sum + one, 0), seq: Math.max(view.seq, data.seq) });
  view.shift = drawerWidth(view, data);
}

const keepCamera = (view) => remember(cameras, view.data.signatures.points, { zoom: view.zoom, centre: view.centre });

function repaint(view) {
  if (view.queued) return;
  view.queued = true;
  requestAnimationFrame(() => {
    view.queued = false;
    paintPoints(view);
    measureRoles(view);
    placeLabels(view);
    paintOverlay(view);
    paintRest(view);
  });
}

// The points that did not fit into this frame, in the next ones.
function paintRest(view) {
  if (view.unpainted === null) return;
  requestAnimationFrame(() => {
    if (view.queued || view.unpainted === null) return;  // a repaint is due, which begins anew
    paintPoints(view, view.unpainted);
    paintRest(view);
  });
}

function repaintOverlay(view) {
  if (view.queued || view.overlayQueued) return;
  view.overlayQueued = true;
  requestAnimationFrame(() => { view.overlayQueued = false; paintOverlay(view); });
}

// Choosing. Only `send` and the trigger `missing` reach Python.
function choose(view, chosen, count, choice) {
  Object.assign(view, { chosen, count, picked: choice.kind === "pick" ? choice.index : -1 });
  view.seq += 1;
  const message = { ...choice, count, seq: view.seq, identity: view.data.identity };
  remember(sentChoices, view.data.identity, message);
  view.send("choice", message);
  updateTools(view);
  slideAside(view);
  repaint(view);
  const { unit_one: one, unit_many: many } = view.data;
  if (choice.kind === "pick") view.spoken.textContent = say("{name} picked.", { name: view.map.names[choice.index] });
  else view.spoken.textContent = count ? say("{n} {things} chosen.", { n: count.toLocaleString("en"), things: count === 1 ? one : many }) : say("Nothing is chosen.");
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
  else repaintOverlay(view);
}

// With a choice, the page lays a drawer over the map's right side, and the map moves left. On a narrow screen the drawer
// stands below the map (embeddings.css).
const drawerWidth = (view, data) => (view.count && view.stage.clientWidth > NARROW_STAGE ? Math.min(data.drawer, view.stage.clientWidth * 0.48) : 0);

function slideAside(view) {
  const goal = drawerWidth(view, view.data), from = view.shift, began = performance.now();
  const withoutMotion = matchMedia("(prefers-reduced-motion: reduce)").matches || view.map.n > 50000;
  if (goal === from || view.sliding === goal) return;
  view.sliding = goal;
  const frame = (now) => {
    if (view.sliding !== goal) return;
    const part = withoutMotion ? 1 : clamp((now - began) / 180, 0, 1);
    view.shift = from + (goal - from) * part * (2 - part);
    repaint(view);
    if (part < 1) requestAnimationFrame(frame);
    else view.sliding = null;
  };
  requestAnimationFrame(frame);
}

function updateTools(view) {
  const { keys, data, over, count } = view;
  keys.move.setAttribute("aria-pressed", String(!view.lasso));
  keys.lasso.setAttribute("aria-pressed", String(view.lasso));
  keys.density.setAttribute("aria-pressed", String(view.density));
  keys.clear.hidden = count === 0;
  over.classList.toggle("lasso", view.lasso);
  const values = { n: (count > 1 ? count : view.map.n).toLocaleString("en"), things: data.unit_many };
  if (count > 1) view.hint.textContent = say("{n} {things} chosen", values);
  else if (view.touch) view.hint.textContent = say("{n} {things} · two fingers move and zoom · with Lasso one finger draws", values);
  else view.hint.textContent = say("{n} {things} · drag moves · wheel zooms · Shift-drag draws a lasso", values);
  over.setAttribute("aria-label", say("{map} Arrow keys move, plus and minus zoom, Enter picks the point in the middle, Escape clears the choice.", { map: data.label }));
}

// Picks and shows the row that the page has searched for. It is sent to Python as any other choice.
function followFocus(view, data) {
  const focus = data.focus;
  if (!focus || focus.seq <= (followedFocus.get(data.identity) ?? 0)) return;
  followedFocus.set(data.identity, focus.seq);
  if (focus.index < 0 || focus.index >= view.map.n) return;
  Object.assign(view, { zoom: Math.max(view.zoom, 2.5), centre: [...view.map.points.subarray(2 * focus.index, 2 * focus.index + 2)] });
  pick(view, focus.index);
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const otherWords = useWords(parentElement, data.words);
  let view = views.get(parentElement);
  if (!view) { view = newView(parentElement); views.set(parentElement, view); }
  const before = view.data, parts = partsOf(data);
  if (!parts) { setTriggerValue("missing", true); return; }  // the map stays as it is until the answer
  const newMap = before?.signatures.points !== data.signatures.points, newColours = before?.signatures.colour !== data.signatures.colour;
  Object.assign(view, { data, parts, send: setStateValue });
  measure(view);
  readTheme(view);
  const earlier = newMap && before?.identity === data.identity ? view.map : null;
  if (newMap) load(view);
  adoptChoice(view, data, before);
  if (newMap || newColours || otherWords) recolour(view);
  updateTools(view);
  followFocus(view, data);
  slideAside(view);
  if (earlier) glide(view, earlier);
  else repaint(view);
  return () => {
    if (parentElement.isConnected) return;  // only a rerun
    view.watch.disconnect();
    view.scheme.removeEventListener("change", view.applyTheme);
  };
}
