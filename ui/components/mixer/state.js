// The state of the mixer: decoded once per signature, so that an input event only looks up and draws.
const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
const channelsOf = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
const TARGET = channelsOf(COLOURS.target), SOURCE = channelsOf(COLOURS.source);
const blendOf = (alpha) => `rgb(${TARGET.map((t, i) => Math.round(t + alpha * (SOURCE[i] - t))).join(" ")})`;

function decode(data) {
  const state = {
    data, titles: data.titles, width: data.width,
    target: new Float32Array(bytesOf(data.scores.target)),
    source: new Float32Array(bytesOf(data.scores.source)),
    starts: new Float64Array(bytesOf(data.path.starts)),
    lists: new Int32Array(bytesOf(data.path.items)),
    floor: data.floor,
  };
  state.targetPlaces = new Map(listOf(state, 0).map((item, place) => [item, place]));
  state.ofInterests = (data.interests?.scores ?? []).map((text) => new Float32Array(bytesOf(text)));
  state.entries = Array.from(state.starts, (_, i) => i > 0 && difference(listOf(state, i - 1), listOf(state, i)).entered.length > 0);
  state.tags = tagsToShow(state);
  return state;
}

// The source with other weights of its interests: Σ part · scores, summed as the server does it, and its exact path.
// False where only the server can compute it.
function reweigh(state, weights) {
  const { rows } = state.data.interests, weighted = rows.map(({ share }, i) => weights[i] * share);
  const total = weighted.reduce((sum, one) => sum + one, 0);
  if (!state.ofInterests.length || !(total > 0)) return false;
  const source = new Float64Array(state.target.length);
  state.ofInterests.forEach((scores, i) => {
    const part = weighted[i] / total;
    if (part) for (let item = 0; item < source.length; item++) source[item] += part * scores[item];
  });
  Object.assign(state, { source, reweighed: true, ...pathOver(state.target, source, state.width) });
  const listed = Array.from(new Set(state.lists));
  const lowest = (scores) => listed.reduce((least, item) => Math.min(least, scores[item]), Infinity);
  state.floor = { target: lowest(state.target), source: lowest(source) };
  state.tags = tagsToShow(state);
  return true;
}

// The ordered list of step i, as item numbers.
function listOf(state, step) {
  return Array.from(state.lists.subarray(step * state.width, (step + 1) * state.width));
}

// The last step that has begun at α: binary search.
function stepAt(starts, alpha) {
  let low = 0, high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= alpha) low = middle; else high = middle - 1;
  }
  return low;
}

// The α of step i: its start, rounded up to the six digits of a link, so that the link shows the same list.
function alphaOf(starts, i) {
  const up = Math.ceil(starts[i] * 1e6) / 1e6;
  return up <= 1 && up < (starts[i + 1] ?? Infinity) ? up : starts[i];
}

// How many items of a list carry each tag.
function tagCounts(state, list) {
  const counts = new Map();
  for (const item of list) for (const tag of state.data.item_tags[item]) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return counts;
}

// The tags whose share differs most between target and source; fixed for a pair, so that the rows do not move.
function tagsToShow(state) {
  const own = tagCounts(state, listOf(state, 0)), other = tagCounts(state, listOf(state, state.starts.length - 1));
  const all = [...new Set([...own.keys(), ...other.keys()])];
  const shift = (tag) => (other.get(tag) ?? 0) - (own.get(tag) ?? 0);
  const most = all.sort((a, b) => Math.abs(shift(b)) - Math.abs(shift(a)) || a - b).slice(0, 4);
  return most.sort((a, b) => shift(b) - shift(a)).map((tag) => ({ tag, own: own.get(tag) ?? 0 }));
}
