// Numbers and sentences of the mixer in the language of the reader. All return plain text; nothing here touches the page.
const COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const counted = (n) => {
  const number = Object.keys(words).length ? n : COUNTS[n] ?? n;  // spelled out in English
  return n === 1 ? say("{number} item", { number }) : say("{number} items", { number });
};
const short = (x) => x.toFixed(3).replace(/0$/, "");  // 0.30, 0.312, 1.00
const score = (x) => x.toFixed(Math.abs(x) >= 100 ? 0 : Math.abs(x) >= 10 ? 1 : 2).replace("-", "−");
const quoted = (title) => say("“{title}”", { title: title.length > 34 ? `${title.slice(0, 33)}…` : title });

// The items that entered and left between two ordered lists.
function difference(before, after) {
  const old = new Set(before), current = new Set(after);
  return { entered: after.filter((item) => !old.has(item)), left: before.filter((item) => !current.has(item)) };
}

// One change of the axis in words: "“Alien” enters, “Heat” leaves".
function changeInWords(state, index) {
  const before = listOf(state, index - 1), after = listOf(state, index);
  const { entered, left } = difference(before, after);
  if (entered.length > 1) return say("{items} enter", { items: counted(entered.length) });
  if (entered.length === 1) {
    const comes = quoted(state.titles[entered[0]]);
    return left.length ? say("{item} enters, {other} leaves", { item: comes, other: quoted(state.titles[left[0]]) }) : say("{item} enters", { item: comes });
  }
  const rank = new Map(before.map((item, place) => [item, place]));
  const climbers = after.filter((item, place) => rank.get(item) > place);
  if (climbers.length !== 1) return say("{items} climb", { items: counted(climbers.length) });
  const passed = before[after.indexOf(climbers[0])];
  return say("{item} overtakes {other}", { item: quoted(state.titles[climbers[0]]), other: quoted(state.titles[passed]) });
}

// The sentence under the list. Only the browser writes it: it changes with every α.
function sentenceAt(state, alpha, step) {
  const changes = state.starts.length - 1, same = counted(state.width);
  if (changes === 0) return say("Nothing changes at any α: target and source lead to the same {items} in the same order.", { items: same });
  const first = short(state.starts[1]), last = short(state.starts[changes]);
  if (step === 0) return say("This is {target}’s own list; the first change comes at α = {first}.", { target: state.data.target.short, first });
  const { entered } = difference(listOf(state, 0), listOf(state, step)), n = entered.length;
  const values = { alpha: short(alpha), items: n ? counted(n) : same, source: state.data.source.short, first, last };
  if (step === changes) {
    if (n === 1) return say("At α = {alpha} {items} enters from {source}; above {last} nothing changes.", values);
    if (n) return say("At α = {alpha} {items} enter from {source}; above {last} nothing changes.", values);
    return say("At α = {alpha} the same {items} are shown in another order; above {last} nothing changes.", values);
  }
  if (n === 1) return say("At α = {alpha} {items} enters from {source}; below {first} nothing changes.", values);
  if (n) return say("At α = {alpha} {items} enter from {source}; below {first} nothing changes.", values);
  return say("At α = {alpha} the same {items} are shown in another order; below {first} nothing changes.", values);
}

// The score of one row as the sum of its two parts, and its rank with the target or the source alone.
function whyRow(state, item, place, alpha) {
  const target = (1 - alpha) * state.target[item], source = alpha * state.source[item];
  const [ofTarget, ofSource] = [state.data.ranks.target[item], state.data.ranks.source[item]];
  const values = { place: place + 1, sum: score(target + source), target: score(target), sign: source < 0 ? "−" : "+", source: score(Math.abs(source)) };
  if (state.reweighed) return say("{place}. {sum} = {target} target {sign} {source} source", values);
  const alone = { first: ofTarget.toLocaleString("en"), second: ofSource.toLocaleString("en") };
  return say("{place}. {sum} = {target} target {sign} {source} source · alone: rank {first} and {second}", { ...values, ...alone });
}
