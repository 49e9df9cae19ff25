// Numbers and sentences of the mixer. Everything returns plain text; nothing here touches the page.
const COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const counted = (n, noun = "item") => `${COUNTS[n] ?? n} ${noun}${n === 1 ? "" : "s"}`;
const short = (x) => x.toFixed(3).replace(/0$/, "");  // 0.30, 0.312, 1.00
const score = (x) => x.toFixed(Math.abs(x) >= 100 ? 0 : Math.abs(x) >= 10 ? 1 : 2).replace("-", "−");
const quoted = (title) => `“${title.length > 34 ? `${title.slice(0, 33)}…` : title}”`;

// The items that entered and left between two ordered lists.
function difference(before, after) {
  const old = new Set(before), current = new Set(after);
  return { entered: after.filter((item) => !old.has(item)), left: before.filter((item) => !current.has(item)) };
}

// One change of the axis in words: "“Alien” enters, “Heat” leaves".
function changeInWords(state, index) {
  const before = listOf(state, index - 1), after = listOf(state, index);
  const { entered, left } = difference(before, after);
  if (entered.length > 1) return `${counted(entered.length)} enter`;
  if (entered.length === 1) {
    return `${quoted(state.titles[entered[0]])} enters${left.length ? `, ${quoted(state.titles[left[0]])} leaves` : ""}`;
  }
  const rank = new Map(before.map((item, place) => [item, place]));
  const climbers = after.filter((item, place) => rank.get(item) > place);
  if (climbers.length !== 1) return `${counted(climbers.length)} climb`;
  const passed = before[after.indexOf(climbers[0])];
  return `${quoted(state.titles[climbers[0]])} overtakes ${quoted(state.titles[passed])}`;
}

// The sentence under the list. Only the browser writes it: it changes with every α.
function sentenceAt(state, alpha, step) {
  const changes = state.starts.length - 1;
  const whose = state.data.source.short;
  if (changes === 0) return `Nothing changes at any α: target and source lead to the same ${counted(state.width)} in the same order.`;
  const first = `below ${short(state.starts[1])} nothing changes`;
  const { entered } = difference(listOf(state, 0), listOf(state, step));
  if (step === 0) return `This is ${state.data.target.short}’s own list; the first change comes at α = ${short(state.starts[1])}.`;
  const verb = entered.length === 1 ? "enters" : "enter";
  const head = entered.length
    ? `At α = ${short(alpha)} ${counted(entered.length)} ${verb} from ${whose}`
    : `At α = ${short(alpha)} the same ${counted(state.width)} are shown in another order`;
  if (step === changes) return `${head}; above ${short(state.starts[changes])} nothing changes.`;
  return `${head}; ${first}.`;
}

// The score of one row as the sum of its two parts, and its rank with the target or the source alone.
function whyRow(state, item, place, alpha) {
  const target = (1 - alpha) * state.target[item], source = alpha * state.source[item];
  const [ofTarget, ofSource] = [state.data.ranks.target[item], state.data.ranks.source[item]];
  const sum = `${score(target)} target ${source < 0 ? "−" : "+"} ${score(Math.abs(source))} source`;
  if (state.reweighed) return `${place + 1}. ${score(target + source)} = ${sum}`;
  return `${place + 1}. ${score(target + source)} = ${sum} · alone: rank ${ofTarget.toLocaleString("en")} and ${ofSource.toLocaleString("en")}`;
}
