// The ranked list. A row belongs to an item while it is shown; rows that leave go back to a pool and are used again.
const GLIDE = { duration: 150, easing: "ease-out" };
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

function element(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

// Writes text only when it differs: an unchanged row costs nothing.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function newRow() {
  const part = (name) => element("span", name);
  const row = { rank: part("rank"), mark: part("mark"), title: part("title"), tags: part("with"), bar: part("bar"), score: part("score") };
  row.node = element("li", "", row.rank, row.mark, element("span", "what", row.title, row.tags), row.bar, row.score);
  row.node.tabIndex = -1;
  return row;
}

// A row's place. What is the same is not written again: each write costs the browser a look at the row's style.
function put(row, place) {
  if (row.place === place) return;
  row.place = place;
  row.node.style.setProperty("--rank", place);
  write(row.rank, String(place + 1));
}

// Puts the list of a step on screen; `direction` is +1 when α grew: what enters comes from the source's side.
function relist(view, state, step, direction) {
  const list = listOf(state, step);
  const stays = new Set(list);
  for (const [item, row] of view.rows) if (!stays.has(item)) leave(view, item, row, direction);
  list.forEach((item, place) => {
    const row = view.rows.get(item) ?? enter(view, state, item, place, direction);
    put(row, place);
    markRow(row, state.own.get(item), place);
  });
  view.list = list;
}

function enter(view, state, item, place, direction) {
  const row = view.pool.pop() ?? newRow();
  row.item = item;
  put(row, place);
  write(row.title, state.titles[item]);
  write(row.tags, state.data.item_tags[item].slice(0, 3).map((tag) => state.data.tag_names[tag]).join(" · "));
  row.node.title = "";
  view.rows.set(item, row);
  view.ranked.append(row.node);
  if (view.moving && !calm.matches) row.node.animate([{ opacity: 0, translate: `${24 * direction}px` }, {}], GLIDE);
  return row;
}

function leave(view, item, row, direction) {
  view.rows.delete(item);
  const free = () => { row.node.remove(); row.node.classList.remove("leaving", "chosen"); view.pool.push(row); };
  if (!view.moving || calm.matches) { free(); return; }
  row.node.classList.add("leaving");
  row.node.setAttribute("aria-hidden", "true");
  const fade = row.node.animate([{ opacity: 1 }, { opacity: 0, translate: `${-24 * direction}px` }], GLIDE);
  fade.onfinish = () => { row.node.removeAttribute("aria-hidden"); free(); };
}

// ▲2, ▼1, new or ●, against the target's own list.
function markRow(row, before, place) {
  const moved = before === undefined ? null : before - place;
  const [sign, kind, words] = moved === null ? ["new", "new", "new in the list"]
    : moved > 0 ? [`▲${moved}`, "up", `${moved} up`] : moved < 0 ? [`▼${-moved}`, "down", `${-moved} down`] : ["●", "same", "same rank"];
  if (row.sign === sign) return;
  row.sign = sign;
  write(row.mark, sign);
  row.mark.className = `mark ${kind}`;
  row.mark.title = `${words}, against the target’s own list`;
}

// Bars and scores at α: blue is the target's part above the lowest score it gives here, orange the source's.
function scoreRows(view, state, alpha) {
  const parts = view.list.map((item) => [
    (1 - alpha) * (state.target[item] - state.floor.target), alpha * (state.source[item] - state.floor.source)]);
  const longest = Math.max(...parts.map(([a, b]) => a + b), 1e-9);
  view.list.forEach((item, place) => {
    const row = view.rows.get(item), [ofTarget, ofSource] = parts[place];
    row.bar.style.setProperty("--of-target", (ofTarget / longest).toFixed(4));
    row.bar.style.setProperty("--whole", ((ofTarget + ofSource) / longest).toFixed(4));
    write(row.score, score((1 - alpha) * state.target[item] + alpha * state.source[item]));
  });
}

// Once the thumb rests, rows stand in the document in the order of their ranks, for screen readers and the Tab key.
function settle(view) {
  const focused = view.root.activeElement;
  let at = view.ranked.firstElementChild;
  for (const item of view.list) {
    const { node } = view.rows.get(item);
    if (node === at) at = at.nextElementSibling; else view.ranked.insertBefore(node, at);
  }
  view.list.forEach((item, place) => { view.rows.get(item).node.tabIndex = place === 0 ? 0 : -1; });
  if (focused && focused !== view.root.activeElement && view.ranked.contains(focused)) focused.focus();
}
