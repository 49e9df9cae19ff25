// The exact lists over α for scores that only the browser has: those of weighted interests, while a weight moves.
// The same sweep as recsys/transfer/path/alpha_path.py, in float64 without its exact comparison of almost equal α; the
// server's path replaces it when the weight is released.
const PARTS = 8;  // intervals of α whose possible items are found one by one

// { starts: Float64Array, lists: Int32Array (steps × width), entries: whether the set of items changes }.
function pathOver(target, source, width) {
  const items = contendersOver(target, source, width), swaps = [];
  const order = items.sort((a, b) => target[b] - target[a] || source[b] - source[a] || a - b);
  const list = order.slice(0, width), outside = Int32Array.from(order.slice(width));
  const crossing = (upper, lower) => {  // α at which the lower item overtakes the upper one
    const q = source[lower] - source[upper], p = target[upper] - target[lower];
    return q > 0 ? p / (p + q) : Infinity;
  };
  for (let rank = 0; rank < width - 1; rank++) swaps[rank] = crossing(list[rank], list[rank + 1]);
  let entry = nextEntry(list, outside, target, source);
  const starts = [0], lists = [list.slice()], entries = [false];
  let before = list.slice(), entered = false, reached = 0;
  const close = () => {  // the list after all crossings at one α
    if (reached > 0 && list.some((item, place) => item !== before[place])) {
      starts.push(reached); lists.push(list.slice()); entries.push(entered);
    }
    before = list.slice(); entered = false;
  };
  for (;;) {
    let rank = width - 1, least = entry.alpha;
    for (let i = 0; i < width - 1; i++) if (swaps[i] < least) { least = swaps[i]; rank = i; }
    if (!(least < 1)) break;
    if (least > reached) { close(); reached = least; }
    if (rank === width - 1) {
      [list[rank], outside[entry.place]] = [outside[entry.place], list[rank]];
      entered = true;
    } else [list[rank], list[rank + 1]] = [list[rank + 1], list[rank]];
    for (let near = Math.max(rank - 1, 0); near < Math.min(rank + 2, width - 1); near++) swaps[near] = crossing(list[near], list[near + 1]);
    if (rank >= width - 2) entry = nextEntry(list, outside, target, source);
  }
  close();
  return { starts: Float64Array.from(starts), lists: Int32Array.from(lists.flat()), entries };
}

// The next item from outside; of several at one α, the one that is highest after it.
function nextEntry(list, outside, target, source) {
  const last = list[list.length - 1], ofTarget = target[last], ofSource = source[last];
  let alpha = Infinity, place = -1;
  for (let i = 0; i < outside.length; i++) {
    const item = outside[i], q = source[item] - ofSource;
    if (!(q > 0)) continue;
    const p = ofTarget - target[item], at = p / (p + q);
    if (at < alpha || (at === alpha && source[item] > source[outside[place]])) { alpha = at; place = i; }
  }
  return { alpha, place };
}

// Items that can be among the best at some α. On an interval, the best at one end never fall below the lower of their two
// values there, so an item below that at both ends can't enter.
function contendersOver(target, source, width) {
  const n = target.length, kept = new Uint8Array(n), slack = 1e-9;
  let low = valuesAt(target, source, 0), best = bestOf(low, width);
  for (let part = 1; part <= PARTS; part++) {
    const high = valuesAt(target, source, part / PARTS), next = bestOf(high, width);
    const floor = Math.max(...[best, next].map((items) => items.reduce((least, item) => Math.min(least, low[item], high[item]), Infinity))) - slack;
    for (let item = 0; item < n; item++) if (low[item] >= floor || high[item] >= floor) kept[item] = 1;
    for (const item of [...best, ...next]) kept[item] = 1;
    [low, best] = [high, next];
  }
  const items = [];
  for (let item = 0; item < n; item++) if (kept[item]) items.push(item);
  return items;
}

function valuesAt(target, source, alpha) {
  const values = new Float64Array(target.length);
  for (let item = 0; item < values.length; item++) values[item] = alpha * source[item] + (1 - alpha) * target[item];
  return values;
}

// The `width` items with the highest values, ties to the lower number.
function bestOf(values, width) {
  const best = new Int32Array(width);
  let count = 0, least = -Infinity;
  for (let item = 0; item < values.length; item++) {
    const value = values[item];
    if (count === width && !(value > least)) continue;
    let place = count < width ? count++ : width - 1;
    for (; place > 0 && values[best[place - 1]] < value; place--) best[place] = best[place - 1];
    best[place] = item;
    least = values[best[count - 1]];
  }
  return best;
}
