// The list as it is seen: one canvas, drawn anew at each frame that changes it, in the places, fonts and colours of the
// rows below it (rows.js). Ten rows of elements would cost a browser without a graphics card half of a frame's time.
const GLIDE = 150, STEP_IN = 24;  // milliseconds a row takes to its new place; pixels from the side that an item comes in
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

// Where everything stands and how it looks: read from the first row, once per size and theme.
function measureList(view) {
  const { ranked, drawn } = view, row = view.rows[0];
  view.look = null;
  if (!row) return;
  const pen = drawn.getContext("2d", { alpha: false }), frame = sized(drawn), home = ranked.getBoundingClientRect();
  const of = (node) => {
    const box = node.getBoundingClientRect(), style = getComputedStyle(node);
    return { left: box.left - home.left, right: box.right - home.left, middle: (box.left + box.right) / 2 - home.left, width: box.width,
      height: box.height, font: `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`, colour: style.color, shown: style.display !== "none" };
  };
  const marks = {}, was = row.mark.className;
  for (const kind of ["up", "down", "same", "new"]) {
    row.mark.className = `mark ${kind}`;
    const style = getComputedStyle(row.mark);
    marks[kind] = { colour: style.color, paper: kind === "new" ? style.backgroundColor : null };
  }
  row.mark.className = was;
  const style = getComputedStyle(row.node);
  view.look = {
    ...frame, pen, font: "", marks, words: new Map(),
    wide: home.width, tall: home.height, row: row.node.offsetHeight,
    paper: getComputedStyle(drawn).backgroundColor, line: style.borderBottomColor,
    rank: of(row.rank), mark: of(row.mark), what: of(row.title.parentNode), title: of(row.title), tags: of(row.tags), bar: of(row.bar), score: of(row.score),
  };
}

// The list of a step. `direction` is +1 when α grew: what enters comes from the source's side.
function relist(view, state, step, direction) {
  const now = performance.now(), still = !view.moving || calm.matches;
  view.list = listOf(state, step);
  const stays = new Set(view.list);
  for (const [item, tile] of view.tiles) {
    if (stays.has(item)) continue;
    if (still) view.tiles.delete(item);
    else if (!tile.leaving) Object.assign(tile, { from: heightOf(tile, now), leaving: true, since: now, direction });
  }
  view.list.forEach((item, place) => {
    const tile = view.tiles.get(item);
    if (!tile || tile.leaving) view.tiles.set(item, { item, place, from: place, since: still ? -Infinity : now, direction, entering: true });
    else if (tile.place !== place) Object.assign(tile, { from: heightOf(tile, now), place, since: still ? -Infinity : now, entering: false });
  });
}

// How far a row has come on its way, eased out: 0 … 1; and the place it is seen at, in rows.
function wayOf(tile, now) {
  const part = Math.min(1, Math.max(0, (now - tile.since) / GLIDE));
  return part * (2 - part);
}
const heightOf = (tile, now) => (tile.leaving ? tile.from : tile.from + (tile.place - tile.from) * wayOf(tile, now));

// Draws the list at α. True while rows are still on their way.
function drawList(view, state, alpha) {
  const { look } = view;
  if (!look) return false;
  const { pen, row, wide, tall, ratio } = look, now = performance.now(), lengths = barsAt(view, state, alpha);
  let gliding = false;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = look.paper;
  pen.fillRect(0, 0, wide, tall);
  pen.textBaseline = "middle";
  for (const tile of view.tiles.values()) {
    const way = wayOf(tile, now), aside = tile.entering ? 1 - way : tile.leaving ? -way : 0;
    if (tile.leaving && way === 1) { view.tiles.delete(tile.item); continue; }
    gliding ||= way < 1;
    pen.globalAlpha = tile.entering ? way : tile.leaving ? 1 - way : 1;
    tile.bars = lengths.get(tile.item) ?? tile.bars;
    drawTile(look, state, alpha, tile, aside * tile.direction * STEP_IN, heightOf(tile, now) * row);
  }
  pen.globalAlpha = 1;
  for (let place = 0; place < view.list.length; place++) {
    pen.fillStyle = look.line;
    pen.fillRect(0, (place + 1) * row - 1, wide, 1);
    say(look, look.rank, String(place + 1), "right", look.rank.right, (place + 0.5) * row);
  }
  return gliding;
}

function drawTile(look, state, alpha, tile, dx, y) {
  const { pen, bar, mark } = look, [ofTarget, whole] = tile.bars, middle = y + look.row / 2, words = wordsOf(look, state, tile.item);
  const { sign, kind } = markOf(state.own.get(tile.item), tile.place), { colour, paper } = look.marks[kind];
  pen.fillStyle = look.paper;
  pen.fillRect(look.rank.right, y, look.wide, look.row - 1);
  if (paper) block(pen, paper, mark.left + dx, middle - mark.height / 2, mark.width, mark.height, 4);
  say(look, { ...mark, colour }, sign, "center", mark.middle + dx, middle);
  say(look, look.title, words.title, "left", look.what.left + dx, middle);
  if (words.tags) say(look, look.tags, words.tags, "left", look.what.left + words.after + dx, middle);
  block(pen, look.line, bar.left + dx, middle - bar.height / 2, bar.width, bar.height, 3);
  block(pen, "#e69f00", bar.left + dx, middle - bar.height / 2, bar.width * whole, bar.height, 3);
  block(pen, "#0072b2", bar.left + dx, middle - bar.height / 2, bar.width * ofTarget, bar.height, 3);
  say(look, look.score, score(scoreOf(state, tile.item, alpha)), "right", look.score.right + dx, middle);
}

// Blue is the target's part above the lowest score it gives here, orange ends where both parts end: shares of the longest.
function barsAt(view, state, alpha) {
  const parts = view.list.map((item) => [
    (1 - alpha) * (state.target[item] - state.floor.target), alpha * (state.source[item] - state.floor.source)]);
  const longest = Math.max(...parts.map(([a, b]) => a + b), 1e-9);
  return new Map(parts.map(([a, b], place) => [view.list[place], [a / longest, (a + b) / longest]]));
}

// Title and tags of an item as far as there is room for them: cut once per size.
function wordsOf(look, state, item) {
  if (!look.words.has(item)) {
    const title = fitted(look, look.title, state.titles[item], look.what.width), after = look.pen.measureText(title).width + 8;
    const room = look.what.width - after, whole = title === state.titles[item] && look.tags.shown && room > 30;
    look.words.set(item, { title, after, tags: whole ? fitted(look, look.tags, tagsOf(state, item), room) : "" });
  }
  return look.words.get(item);
}

function fitted(look, { font }, text, width) {
  const pen = inFont(look, font);
  if (pen.measureText(text).width <= width) return text;
  let low = 0, high = text.length;
  while (low < high) {
    const half = (low + high + 1) >> 1;
    if (pen.measureText(`${text.slice(0, half)}…`).width <= width) low = half; else high = half - 1;
  }
  return `${text.slice(0, low).trimEnd()}…`;
}

// Naming a font costs more than writing in it.
function inFont(look, font) {
  if (look.font !== font) look.pen.font = look.font = font;
  return look.pen;
}

function say(look, { font, colour }, text, align, x, y) {
  const pen = inFont(look, font);
  pen.fillStyle = colour;
  pen.textAlign = align;
  pen.fillText(text, x, y);
}

function block(pen, colour, x, y, width, height, radius) {
  if (width <= 0) return;
  pen.fillStyle = colour;
  pen.beginPath();
  pen.roundRect(x, y, width, height, Math.min(radius, width / 2));
  pen.fill();
}
