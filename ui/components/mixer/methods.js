// The transfer method of the list, and the list of another method beside it: the same target, source and α. Items that both
// have are joined by lines between the lists and say their rank in the other one; the others are marked.

// Fills the two menus and, where a second method is shown, its list.
function showMethods(view, data) {
  const { keys, slots } = view, methods = data.methods, options = methods?.options ?? [];
  const labelOf = (name) => options.find((one) => one.name === name)?.label ?? name;
  const second = methods?.second ?? null;
  keys.method.parentElement.hidden = keys.beside.parentElement.hidden = options.length < 2;
  keys.method.replaceChildren(...options.map(({ name, label }) => new Option(lowerFirst(label), name, false, name === methods.chosen)));
  const others = options.filter(({ name }) => name !== methods.chosen);
  keys.beside.replaceChildren(new Option(say("no other list"), "none", false, !second), ...others.map(({ name, label }) => new Option(lowerFirst(label), name, false, name === second?.name)));
  keys.method.title = options.map(({ label, help }) => say("{label}: {help}", { label, help })).join("\n");
  view.mixer.classList.toggle("comparing", Boolean(second));
  for (const node of view.comparison) node.toggleAttribute("hidden", !second);
  view.state.second = second && secondOf(view.state, second);
  view.linkedList = null;
  if (!second) { view.second.rows = []; view.second.ranked.replaceChildren(); return; }
  Object.assign(view.second, { step: -1, list: [] });
  makeRows(view.second, view.state.width);
  view.second.ranked.setAttribute("aria-label", say("By {method}, best first", { method: lowerFirst(labelOf(second.name)) }));
  write(slots["first-label"], labelOf(methods.chosen));
  write(slots["second-label"], labelOf(second.name));
  view.links.setAttribute("viewBox", `0 0 1 ${view.state.width}`);
}

// What a study says of both methods; it may come later than the lists.
function showEvidence(view, evidence) {
  ["first-study", "second-study", "difference"].forEach((slot, i) => {
    write(view.slots[slot], evidence?.[i] ?? "");
    view.slots[slot].title = evidence?.[i] ?? "";
  });
}

const lowerFirst = (label) => label.charAt(0).toLowerCase() + label.slice(1);

// The state of the second list: its own scores of the source and its own steps, all else as in the first.
function secondOf(state, { scores, path, floor }) {
  return {
    ...state, floor, source: new Float32Array(bytesOf(scores)),
    starts: new Float64Array(bytesOf(path.starts)), lists: new Int32Array(bytesOf(path.items)),
  };
}

// Follows the thumb: the second list at α, and the lines where one of the lists has changed.
function paintSecond(view, direction) {
  const { second, state } = view;
  if (!state.second) return;
  const step = stepAt(state.second.starts, view.alpha), changed = step !== second.step;
  Object.assign(second, { alpha: view.alpha, moving: view.moving });
  if (changed) {
    second.step = step;
    showList(second, state.second, step, direction);
  }
  showBars(second, state.second, view.alpha);
  if (changed || view.linkedList !== view.list) {
    view.linkedList = view.list;
    drawLinks(view);
  }
}

function drawLinks(view) {
  const first = view.list, second = view.second.list;
  const lines = [];
  first.forEach((item, place) => {
    const there = second.indexOf(item);
    markShared(view.rows[place], there);
    if (there < 0) return;
    const line = document.createElementNS(view.links.namespaceURI, "line");
    Object.entries({ x1: 0, y1: place + 0.5, x2: 1, y2: there + 0.5 }).forEach(([name, value]) => line.setAttribute(name, value));
    line.dataset.item = String(item);
    line.classList.toggle("level", there === place);
    lines.push(line);
  });
  second.forEach((item, place) => markShared(view.second.rows[place], first.indexOf(item)));
  view.links.replaceChildren(...lines);
  const level = lines.filter((line) => line.classList.contains("level")).length;
  const values = { level, shared: lines.length, n: first.length };
  if (level === first.length) write(view.slots["shared-note"], say("The same list"));
  else if (lines.length === first.length) write(view.slots["shared-note"], say("The same items, {level} at the same rank", values));
  else write(view.slots["shared-note"], say("{shared} of {n} shared, {level} at the same rank", values));
}

// The rank in the other list, or that the item is in this list only.
function markShared(row, there) {
  write(row.there, there < 0 ? say("◆ only") : `↔ ${there + 1}`);
  row.there.title = there < 0 ? say("In this list only") : say("Rank {rank} in the other list", { rank: there + 1 });
  row.node.classList.toggle("only", there < 0);
}

// Pointing at an item marks it in both lists.
function pointAt(view, item) {
  for (const row of [...view.rows, ...view.second.rows]) row.node.classList.toggle("paired", row.item === item);
  for (const line of view.links.children) line.classList.toggle("paired", line.dataset.item === String(item));
}

function listenToMethods(view) {
  const { keys } = view;
  keys.method.onchange = () => view.trigger("method", keys.method.value);
  keys.beside.onchange = () => view.trigger("beside", keys.beside.value);
  const point = (event) => {
    if (!view.state?.second) return;
    const row = [...view.rows, ...view.second.rows].find(({ node }) => node.contains(event.target));
    pointAt(view, row?.item);
  };
  view.second.ranked.onkeydown = (event) => moveFocus(view.second.rows, event);
  for (const kind of ["pointerover", "focusin"]) view.lists.addEventListener(kind, point);
  view.lists.addEventListener("pointerleave", () => pointAt(view, undefined));
}
