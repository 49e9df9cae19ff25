// The ranked list: one row per place, in reading order. When the list changes, a row takes the item that now has its place
// and glides there from where that item was; an item that enters comes from the side it is transferred from.
const GLIDE = { duration: 150, easing: "ease-out" }, ENTRY = 24;  // milliseconds; pixels
const reducedMotion = window.matchMedia("(prefers-reduced-motion: reduce)");

function element(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

// Writes text only when it differs: an unchanged node costs the browser nothing.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function newRow(place) {
  const part = (name, ...children) => element("span", name, ...children);
  const row = { place, mark: part("mark"), title: part("title"), tags: part("with"), there: part("there"), source: part("of-source"), target: part("of-target"), score: part("score") };
  row.node = element("li", "", part("rank", String(place + 1)), row.mark, part("what", row.title, row.tags), row.there, part("bar", row.source, row.target), row.score);
  row.node.tabIndex = place ? -1 : 0;
  return row;
}

// As many rows as the list has places. Rows of another pair are reused without moving.
function makeRows(view, count) {
  while (view.rows.length > count) view.rows.pop().node.remove();
  while (view.rows.length < count) view.rows.push(newRow(view.rows.length));
  view.ranked.replaceChildren(...view.rows.map(({ node }) => node));
  for (const row of view.rows) row.item = undefined;
}

// Shows the list of a step. `direction` is +1 when α grew: items enter from the source's side.
function showList(view, state, step, direction) {
  view.list = listOf(state, step);
  const moving = view.moving && !reducedMotion.matches;
  const before = new Map(moving ? view.rows.map((row) => [row.item, row.place + offsetOf(row)]) : []);
  view.list.forEach((item, place) => {
    const row = view.rows[place];
    if (row.item === item) return;
    fillRow(row, state, item, view.alpha);
    row.glide?.cancel();
    row.offset = (before.get(item) ?? place) - place;
    if (moving) row.glide = row.node.animate(before.has(item) ? { transform: [`translateY(${100 * row.offset}%)`, "none"] }
      : { opacity: [0, 1], transform: [`translateX(${ENTRY * direction}px)`, "none"] }, GLIDE);
  });
}

// How far a row is from its place at this moment, in rows.
function offsetOf(row) {
  return row.glide?.playState === "running" ? row.offset * (1 - row.glide.effect.getComputedTiming().progress) : 0;
}

function fillRow(row, state, item, alpha) {
  const { sign, kind, change } = markOf(state.targetPlaces.get(item), row.place);
  row.item = item;
  write(row.title, state.titles[item]);
  row.title.title = state.titles[item];
  write(row.tags, state.data.item_tags[item].slice(0, 3).map((tag) => state.data.tag_names[tag]).join(" · "));
  write(row.mark, sign);
  row.mark.className = `mark ${kind}`;
  row.mark.title = say("{change}, compared with the target’s own list", { change });
  write(row.score, score(scoreOf(state, item, alpha)));
}

// Bars at α: blue is the target's part above the lowest score it gives here, orange ends where both parts end.
function showBars(view, state, alpha) {
  const parts = view.list.map((item) => [(1 - alpha) * (state.target[item] - state.floor.target), alpha * (state.source[item] - state.floor.source)]);
  const longest = Math.max(...parts.map(([target, source]) => target + source), 1e-9);
  view.rows.forEach((row, place) => {
    const [target, source] = parts[place];
    row.target.style.transform = `scaleX(${(target / longest).toFixed(3)})`;
    row.source.style.transform = `scaleX(${((target + source) / longest).toFixed(3)})`;
  });
}

const scoreOf = (state, item, alpha) => (1 - alpha) * state.target[item] + alpha * state.source[item];

function showScores(view, state, alpha) {
  for (const row of view.rows) write(row.score, score(scoreOf(state, row.item, alpha)));
}

// ▲2, ▼1, new or ●: the rank compared with the target's own list.
function markOf(before, place) {
  if (before === undefined) return { sign: say("new"), kind: "new", change: say("new in the list") };
  const moved = before - place;
  if (moved > 0) return { sign: `▲${moved}`, kind: "up", change: say("{n} up", { n: moved }) };
  if (moved < 0) return { sign: `▼${-moved}`, kind: "down", change: say("{n} down", { n: -moved }) };
  return { sign: "●", kind: "same", change: say("same rank") };
}

// Arrow keys go from row to row.
function moveFocus(rows, event) {
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const next = way && rows[rows.findIndex((row) => row.node === event.target) + way];
  if (next) { event.preventDefault(); next.node.focus(); }
}
