// The list as text: one row a place, in reading order. Invisible below the drawn list (list.js), it is what screen readers,
// the pointer, the Tab key and a search in the page find. Where the browser forces its own colours it is seen itself.
function element(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

// Writes text only when it differs: what is unchanged costs nothing.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function newRow(place) {
  const part = (name, text = "") => element("span", name, text);
  const row = { rank: part("rank", String(place + 1)), mark: part("mark"), title: part("title"), tags: part("with"), bar: part("bar"), score: part("score") };
  row.node = element("li", "", row.rank, row.mark, element("span", "what", row.title, row.tags), row.bar, row.score);
  row.node.tabIndex = place ? -1 : 0;
  return row;
}

// As many rows as the list has places; those that are there stay.
function makeRows(view, count) {
  while (view.rows.length > count) view.rows.pop().node.remove();
  while (view.rows.length < count) {
    const row = newRow(view.rows.length);
    view.rows.push(row);
    view.ranked.append(row.node);
  }
}

function fillRows(view, state, alpha) {
  view.list.forEach((item, place) => {
    const row = view.rows[place], { sign, kind, words } = markOf(state.own.get(item), place);
    write(row.title, state.titles[item]);
    write(row.tags, tagsOf(state, item));
    write(row.score, score(scoreOf(state, item, alpha)));
    write(row.mark, sign);
    if (row.kind !== kind) row.mark.className = `mark ${row.kind = kind}`;
    if (row.words !== words) row.mark.title = `${row.words = words}, against the target’s own list`;
  });
}

const tagsOf = (state, item) => state.data.item_tags[item].slice(0, 3).map((tag) => state.data.tag_names[tag]).join(" · ");
const scoreOf = (state, item, alpha) => (1 - alpha) * state.target[item] + alpha * state.source[item];

// ▲2, ▼1, new or ●, against the target's own list.
function markOf(before, place) {
  const moved = before === undefined ? null : before - place;
  if (moved === null) return { sign: "new", kind: "new", words: "new in the list" };
  if (moved > 0) return { sign: `▲${moved}`, kind: "up", words: `${moved} up` };
  if (moved < 0) return { sign: `▼${-moved}`, kind: "down", words: `${-moved} down` };
  return { sign: "●", kind: "same", words: "same rank" };
}
