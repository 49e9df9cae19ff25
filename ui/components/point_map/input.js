// Mouse, fingers, wheel, keys and the toolbar: zoom, pan, hover, pick and lasso.
const KEY_STEP = 60;  // pixels that an arrow key moves the map

// Zoom and pan.
function zoomBy(view, factor, px = middleOf(view)[0], py = middleOf(view)[1]) {
  const [x, y] = toMap(view, px, py);
  view.zoom = clamp(view.zoom * factor, 1, 400);
  const [nowX, nowY] = toMap(view, px, py);
  view.centre = inBounds([view.centre[0] + x - nowX, view.centre[1] + y - nowY], view.zoom);
  keepCamera(view);
  repaint(view);
}

function panBy(view, dx, dy) {
  const { scale } = transform(view);
  view.centre = inBounds([view.centre[0] - dx / scale, view.centre[1] + dy / scale], view.zoom);
  keepCamera(view);
  repaint(view);
}

const inBounds = ([x, y], zoom) => (zoom === 1 ? [clamp(x, 0.2, 0.8), clamp(y, 0.2, 0.8)] : [clamp(x, 0, 1), clamp(y, 0, 1)]);

function fit(view) {
  Object.assign(view, { zoom: 1, centre: [0.5, 0.5] });
  keepCamera(view);
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

function pointAt(view, px, py, reach = 11) {
  const [x, y] = toMap(view, px, py);
  return nearestPoint(view.map.grid, view.map.points, x, y, (reach + radiusOf(view)) * view.frame.ratio / transform(view).scale);
}

function hoverAt(view, px, py) {
  const found = pointAt(view, px, py), { ratio } = view.frame;
  if (found !== view.hover) repaintOverlay(view);
  view.hover = found;
  view.over.classList.toggle("near", found >= 0 && !view.lasso);
  showTip(view, found, px / ratio, py / ratio);
}

function listen(view) {
  const { over, keys } = view;
  keys.move.onclick = () => { view.lasso = false; updateTools(view); };
  keys.lasso.onclick = () => { view.lasso = true; updateTools(view); };
  keys.in.onclick = () => zoomBy(view, 1.6);
  keys.out.onclick = () => zoomBy(view, 1 / 1.6);
  keys.fit.onclick = () => fit(view);
  keys.density.onclick = () => { view.density = !view.density; updateTools(view); repaint(view); };
  keys.clear.onclick = () => { clear(view); over.focus(); };
  over.onwheel = (event) => {
    if (view.zoom === 1 && event.deltaY > 0) return;  // fully zoomed out: the page scrolls
    event.preventDefault();
    zoomBy(view, Math.exp(-clamp(event.deltaY * (event.deltaMode ? 30 : 1), -240, 240) * 0.0025), ...at(view, event));
  };
  over.onfocus = () => { view.crosshair = over.matches(":focus-visible"); if (view.map) repaintOverlay(view); };
  over.onblur = () => { view.crosshair = false; if (view.map) repaintOverlay(view); };
  over.onkeydown = (event) => onKey(view, event);
  listenToPointer(view);
}

function onKey(view, event) {
  const [dx, dy] = { ArrowLeft: [KEY_STEP, 0], ArrowRight: [-KEY_STEP, 0], ArrowUp: [0, KEY_STEP], ArrowDown: [0, -KEY_STEP] }[event.key] ?? [0, 0];
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (dx || dy) panBy(view, dx * view.frame.ratio, dy * view.frame.ratio);
  else if (event.key === "+" || event.key === "=") zoomBy(view, 1.4);
  else if (event.key === "-") zoomBy(view, 1 / 1.4);
  else if (event.key === "0") fit(view);
  else if (event.key === "Escape") { if (view.line) { view.line = null; repaintOverlay(view); } else clear(view); }
  else if (event.key === "Enter") {
    const found = pointAt(view, ...middleOf(view), 80);
    if (found >= 0) pick(view, found);
  } else return;
  event.preventDefault();
  view.crosshair = true;
  repaintOverlay(view);
}

function listenToPointer(view) {
  const { over, pointers } = view;
  // Two fingers zoom the map; without this the page would scroll along.
  for (const kind of ["touchstart", "touchmove"]) over.addEventListener(kind, (event) => { if (event.touches.length > 1 && event.cancelable) event.preventDefault(); }, { passive: false });
  over.onpointerdown = (event) => {
    if (event.button) return;
    over.setPointerCapture(event.pointerId);
    const here = at(view, event);
    pointers.set(event.pointerId, here);
    view.distance = pointers.size > 1 ? 99 : 0;
    view.crosshair = false;
    showTip(view, -1);
    view.touch = event.pointerType !== "mouse";
    view.line = pointers.size === 1 && (view.lasso || event.shiftKey) ? toMap(view, ...here) : null;
    if (view.touch) updateTools(view);
    over.classList.toggle("held", !view.line);
  };
  over.onpointermove = (event) => {
    const here = at(view, event), last = pointers.get(event.pointerId);
    if (!last) { hoverAt(view, ...here); return; }
    const gap = Math.hypot(here[0] - last[0], here[1] - last[1]);
    if (view.line) { if (gap < 3 * view.frame.ratio) return; view.line.push(...toMap(view, ...here)); repaintOverlay(view); }
    else if (pointers.size === 2) pinch(view, event.pointerId, last, here);
    else if (event.pointerType !== "mouse") { view.distance += gap; return; }  // one finger scrolls the page
    else if (view.distance + gap > 4 * view.frame.ratio) panBy(view, here[0] - last[0], here[1] - last[1]);
    else return;
    view.distance += gap;
    pointers.set(event.pointerId, here);
  };
  over.onpointerup = over.onpointercancel = (event) => {
    const here = at(view, event), alone = pointers.size === 1;
    if (!pointers.delete(event.pointerId)) return;
    over.classList.remove("held");
    const click = alone && view.distance <= 4 * view.frame.ratio && event.type === "pointerup";
    if (view.line && !click) {
      if (event.type === "pointerup") closeLasso(view);
      else { view.line = null; repaintOverlay(view); }
      if (event.pointerType !== "mouse") { view.lasso = false; updateTools(view); }  // the finger scrolls again
      return;
    }
    view.line = null;
    if (!click) return;
    const found = pointAt(view, ...here);
    if (found >= 0) pick(view, found);
    else clear(view);
  };
  over.onpointerleave = () => { if (!pointers.size) { view.hover = -1; showTip(view, -1); over.classList.remove("near"); if (view.map) repaintOverlay(view); } };
}

function pinch(view, id, last, here) {
  const other = [...view.pointers].find(([key]) => key !== id)[1], gap = ([x, y]) => Math.max(1, Math.hypot(x - other[0], y - other[1]));
  const middle = (end) => [(end[0] + other[0]) / 2, (end[1] + other[1]) / 2], [before, now] = [middle(last), middle(here)];
  panBy(view, now[0] - before[0], now[1] - before[1]);
  zoomBy(view, gap(here) / gap(last), ...now);
}
