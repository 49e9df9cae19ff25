// The mixer: slider, list, map, histories and texts follow the thumb in the browser; Python gets α on release.
const mixers = new WeakMap();   // one view per mounted instance; the exported function runs at every rerun of the page
const AXIS_KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
const PAGES = 10;               // Page Up and Page Down move by a tenth of all changes
const TEXT_INTERVAL = 80;       // ms between two updates of small texts while α moves

function newView(root) {
  const slots = {};
  root.querySelectorAll("[data-slot]").forEach((node) => { slots[node.dataset.slot] = node; });
  const view = {
    mixer: root.querySelector(".mixer"), slider: root.querySelector(".alpha-input"),
    axis: root.querySelector(".axis"), ticks: root.querySelector(".ticks"), users: root.querySelector(".users"),
    ranked: root.querySelector(".ranked"), keys: {}, slots, rows: [], list: [],
    interests: root.querySelector(".interests"), interestRows: [], weightsSeq: 0,
    undo: [], seq: 0, reported: null, alpha: 0, step: -1, moving: false, queued: false, chosen: 0,
  };
  root.querySelectorAll("[data-do]").forEach((node) => { view.keys[node.dataset.do] = node; });
  view.what = view.keys.what;
  Object.assign(view, {
    lists: root.querySelector(".lists"), links: root.querySelector(".links"),
    comparison: root.querySelectorAll(".by, .links, .ranked.second, .shared-note, .difference"),
    second: { ranked: root.querySelector(".ranked.second"), rows: [], list: [], step: -1 },
  });
  listen(view);
  listenToMethods(view);
  view.redraw = () => { if (view.state) redraw(view); };
  view.watch = new ResizeObserver(view.redraw);
  document.fonts.ready.then(view.redraw);
  view.scheme = matchMedia("(prefers-color-scheme: dark)");
  view.retheme = () => setTimeout(view.redraw, 150);  // after the page has changed its colours
  view.scheme.addEventListener("change", view.retheme);
  fit(view);
  view.watch.observe(view.mixer);
  return view;
}

// A new pair, k or data: decode, fill what doesn't depend on α, start at the α that Python names.
function load(view, data) {
  const samePair = view.state?.data.pair === data.pair;
  const state = view.state = decode(data);
  Object.assign(view, { step: -1, describedStep: -1, moving: false, chosen: 0, pointed: false });
  makeRows(view, state.width);
  for (const side of ["target", "source"]) {
    write(view.slots[`${side}-name`], data[side].name);
    view.slots[`${side}-name`].title = data[side].name;
    write(view.slots[`${side}-note`], data[side].note);
    write(view.slots[`${side}-heading`], data[side].heading);
    view.slots[`${side}-titles`].setAttribute("aria-label", data[side].heading);
    view.slots[`${side}-titles`].replaceChildren(...data[side].titles.map(([title, aside]) => {
      const text = element("span", "title", title);
      text.title = title;
      return element("li", "", text, element("span", "aside", aside));
    }));
  }
  showInterests(view, data, samePair);
  showMethods(view, data);
  view.keys.k.replaceChildren(...data.lengths.map((k) => new Option(String(k), String(k), false, k === data.k)));
  view.slots.tags.replaceChildren(...state.tags.map((entry) => tagRow(entry, state)));
  view.users.setAttribute("aria-label", say("Map of users: the blend moves from {target} to {source}.", { target: data.target.short, source: data.source.short }));
  view.users.parentElement.hidden = !data.map;
  view.axis.setAttribute("aria-valuemax", String(state.starts.length - 1));
  state.cursor = -1;
}

function tagRow(entry, state) {
  const level = element("span", "level", element("i", ""), element("b", ""));
  const row = element("li", "", element("span", "tag", state.data.tag_names[entry.tag]), level, element("span", "more"));
  level.style.setProperty("--own", entry.own / state.width);
  level.title = say("Bar: in this list. Mark: in the target’s own list.");
  entry.level = level;
  entry.text = row.lastElementChild;
  return row;
}

// Five sizes by the width available. (Container queries would compute styles and layout twice at each input.)
function fit(view) {
  const width = view.mixer.clientWidth;
  const size = width >= 1150 ? "wide" : width > 860 ? "usual" : width > 640 ? "small" : width > 440 ? "tiny" : "phone";
  if (view.mixer.dataset.size !== size) view.mixer.dataset.size = size;
}

function redraw(view) {
  fit(view);
  drawUsers(view, view.state);
  view.axisFrame = { ...sized(view.ticks), ink: getComputedStyle(view.ticks).color };  // never measured while dragging
  drawTicks(view, view.state, view.step);
  drawBlend(view, view.state, view.alpha);
}

// Everything that follows the thumb. Called at most once a frame.
function paint(view) {
  const { state, slots, alpha } = view;
  view.queued = false;
  const step = stepAt(state.starts, alpha), direction = alpha >= (view.painted ?? alpha) ? 1 : -1;
  view.painted = alpha;
  view.slider.style.setProperty("--blend", blendOf(alpha));  // on the whole mixer it would recompute every style
  write(slots.alpha, `α = ${alpha.toFixed(3)}`);
  write(slots["share-target"], `${Math.round(100 * (1 - alpha))}%`);
  write(slots["share-source"], `${100 - Math.round(100 * (1 - alpha))}%`);
  if (step !== view.step) {
    view.step = step;
    showList(view, state, step, direction);
    drawTicks(view, state, step);
  }
  write(slots.sentence, sentenceAt(state, alpha, step));
  showBars(view, state, alpha);
  paintSecond(view, direction);
  drawBlend(view, state, alpha);
  view.textPending = true;
  if (!view.textTimer) paintTexts(view);
}

// Small texts and scores: at once, then at most once per interval, because text is what costs a browser most.
function paintTexts(view) {
  const { state, slots, step, alpha } = view;
  view.textPending = false;
  view.textTimer = setTimeout(() => { view.textTimer = 0; if (view.textPending && view.mixer.isConnected) paintTexts(view); }, TEXT_INTERVAL);
  slots.tags.style.setProperty("--blend", blendOf(alpha));
  if (view.describedStep !== step) {
    view.describedStep = step;
    paintChanges(view, state, step);
  }
  showScores(view, state, alpha);
  if (state.second) showScores(view.second, state.second, alpha);
  write(slots.whole, say("The blend: {first} of {target} + {second} of {source}", { first: slots["share-target"].textContent, target: state.data.target.phrase, second: slots["share-source"].textContent, source: state.data.source.phrase }));
  if (!view.held) view.slider.setAttribute("aria-valuetext", say("α {alpha}: {share} from the source", { alpha: alpha.toFixed(3), share: slots["share-source"].textContent }));
  paintWhy(view);
}

function paintChanges(view, state, step) {
  const { entered, left } = difference(listOf(state, 0), view.list);
  write(view.slots.tally, say("{entered} in, {left} out", { entered: entered.length, left: left.length }));
  const shown = (items, kind, word) => {
    const limit = items.length > 2 ? 1 : 2;
    const rows = items.slice(0, limit).map((item) => element("li", kind, element("b", "", word), element("span", "title", state.titles[item])));
    return items.length > limit ? [...rows, element("li", kind, element("b", "", word), say("and {n} more", { n: items.length - limit }))] : rows;
  };
  const none = element("li", "quiet", step === 0 ? say("Nothing: this is the target’s own list.") : say("Only the order."));
  view.slots.moves.replaceChildren(...(entered.length ? [...shown(entered, "in", say("in")), ...shown(left, "out", say("out"))] : [none]));
  const counts = tagCounts(state, view.list);
  for (const { tag, own, level, text } of state.tags) {
    const now = counts.get(tag) ?? 0;
    level.style.setProperty("--now", now / state.width);
    write(text, now === own ? say("same") : now > own ? say("{n} more", { n: now - own }) : say("{n} fewer", { n: own - now }));
  }
  const changes = state.starts.length - 1;
  write(view.slots["axis-note"], axisNote(state, step));
  view.keys.previous.disabled = changes === 0 || step === 0;
  view.keys.next.disabled = step === changes;
  view.axis.setAttribute("aria-valuenow", String(step));
  view.axis.setAttribute("aria-valuetext", step ? say("change {step} of {changes} at α {alpha}: {change}", { step, changes, alpha: short(state.starts[step]), change: changeInWords(state, step) }) : say("before the first of {changes} changes", { changes }));
}

function axisNote(state, step) {
  const changes = state.starts.length - 1;
  if (state.cursor > 0) return `α = ${short(state.starts[state.cursor])}: ${changeInWords(state, state.cursor)}`;
  return changes ? say("change {step} of {changes}", { step, changes: changes.toLocaleString("en") }) : say("no change at any α");
}

function paintWhy(view) {
  const place = Math.min(view.chosen, view.list.length - 1), item = view.list[place];
  write(view.slots.why, item === undefined ? "" : whyRow(view.state, item, place, view.alpha));
  view.rows.forEach(({ node }, other) => node.classList.toggle("chosen", view.pointed && other === place));
}

// One summary for screen readers once the thumb is released. While α moves, only the slider's value changes.
function announce(view) {
  if (!view.mixer.isConnected) return;
  const { slots, state } = view, values = { sentence: slots.sentence.textContent, item: state.titles[view.list[0]] ?? say("nothing") };
  if (!state.second) { write(slots.spoken, say("{sentence} First: {item}.", values)); return; }
  const second = { method: slots["second-label"].textContent, shared: slots["shared-note"].textContent };
  write(slots.spoken, say("{sentence} First: {item}. {method}: {shared}.", { ...values, ...second }));
}

function moveTo(view, alpha) {
  view.alpha = Math.min(1, Math.max(0, alpha));
  view.slider.value = String(view.alpha);
  view.state.cursor = -1;
  schedule(view);
}

function schedule(view) {
  view.moving = true;
  if (!view.queued) { view.queued = true; requestAnimationFrame(() => paint(view)); }
}

// Sends α to Python. With `seq`, an answer to an older value is recognised and ignored.
function report(view, remember = true) {
  clearTimeout(view.textTimer);
  view.textTimer = 0;  // the next frame writes the texts
  schedule(view);
  clearTimeout(view.announceTimer);
  view.announceTimer = setTimeout(() => announce(view), 400);  // after that frame, and once for several keys
  if (view.alpha === view.reported) return;
  if (remember && view.reported !== null) view.undo.push(view.reported);
  view.reported = view.alpha;
  view.seq += 1;
  view.keys.undo.disabled = view.undo.length === 0;
  view.keys.reset.disabled = view.alpha === 0;
  if (!view.state.data.compact) view.setState("alpha", { value: view.alpha, seq: view.seq });
}

// On Home the compact mixer moves once by itself, until the visitor touches it.
function playDemo(view) {
  const began = performance.now(), run = view.playing = began;
  const frame = (now) => {
    const part = Math.min(1, Math.max(0, (now - began - 600) / 3600));
    if (view.playing !== run || !view.mixer.isConnected) return;
    moveTo(view, 0.8 * Math.sin(0.82 * Math.PI * part));
    if (part < 1) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function jump(view, step) {
  const { starts } = view.state;
  if (step < 0 || step >= starts.length) return;
  moveTo(view, alphaOf(starts, step));
  report(view);
}

// Keys repeat many times a second: α is reported after the last one.
function reportSoon(view) {
  clearTimeout(view.reportTimer);
  view.reportTimer = setTimeout(() => report(view), 250);
}

function listen(view) {
  const { slider, keys, ranked } = view;
  slider.oninput = () => { view.alpha = Number(slider.value); view.state.cursor = -1; schedule(view); };
  slider.onchange = () => report(view);
  slider.onpointerdown = () => { view.held = true; };
  slider.onpointerup = slider.onpointercancel = () => { view.held = false; };
  for (const kind of ["pointerdown", "keydown", "wheel"]) view.mixer.addEventListener(kind, () => { view.playing = 0; }, { passive: true });
  slider.onkeydown = (event) => {
    const way = AXIS_KEYS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    moveTo(view, Math.round(1000 * (view.alpha + way * (event.shiftKey ? 0.001 : 0.01))) / 1000);
    reportSoon(view);
  };
  keys.previous.onclick = () => jump(view, view.step - (view.alpha > alphaOf(view.state.starts, view.step) ? 0 : 1));
  keys.next.onclick = () => jump(view, view.step + 1);
  keys.undo.onclick = () => { if (view.undo.length) { moveTo(view, view.undo.pop()); report(view, false); } };
  keys.reset.onclick = () => { moveTo(view, 0); report(view); };
  keys.what.onchange = () => view.trigger("what", keys.what.value);
  keys.k.onchange = () => view.trigger("k", Number(keys.k.value));
  keys.verdict.onclick = () => view.trigger("open", "help");
  const choose = (event) => {
    const place = view.rows.findIndex((row) => row.node.contains(event.target));
    Object.assign(view, { chosen: Math.max(place, 0), pointed: place >= 0 });
    paintWhy(view);
  };
  ranked.onpointerover = choose;
  ranked.onpointerleave = () => { Object.assign(view, { chosen: 0, pointed: false }); paintWhy(view); };
  ranked.addEventListener("focusin", choose);
  ranked.onkeydown = (event) => moveFocus(view.rows, event);
  listenToAxis(view);
}

// Hovering names a change, a click goes there, keys move from change to change.
function listenToAxis(view) {
  const { axis } = view;
  const point = (cursor) => { view.state.cursor = cursor; drawTicks(view, view.state, view.step); write(view.slots["axis-note"], axisNote(view.state, view.step)); };
  const nearest = (event) => {
    const { starts } = view.state, box = axis.getBoundingClientRect(), at = (event.clientX - box.left) / box.width;
    const before = stepAt(starts, at), after = Math.min(before + 1, starts.length - 1);
    return Math.max(Math.abs(starts[after] - at) < Math.abs(starts[before] - at) ? after : before, Math.min(1, starts.length - 1));
  };
  axis.onpointermove = (event) => point(nearest(event));
  axis.onpointerleave = () => point(-1);
  axis.onblur = () => point(-1);
  axis.onclick = (event) => { if (view.state.starts.length > 1) jump(view, nearest(event)); };  // else it has no change to go to
  axis.onkeydown = (event) => {
    const { starts } = view.state, now = stepAt(starts, view.alpha), between = view.alpha > alphaOf(starts, now) ? 1 : 0;
    const goal = changeAfter(event.key, now, between, starts.length - 1);
    if (goal === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    moveTo(view, alphaOf(starts, goal));
    view.state.cursor = goal;
    reportSoon(view);
  };
}

// The change that a key leads to, null for other keys. Between two changes, one step back is the start of this one.
function changeAfter(key, now, between, last) {
  const page = Math.max(1, Math.round(last / PAGES)), way = { ...AXIS_KEYS, PageUp: page, PageDown: -page }[key];
  if (key === "Home" || key === "End") return key === "Home" ? 0 : last;
  return way === undefined ? null : Math.min(last, Math.max(0, now + way + (way < 0 ? between : 0)));
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const otherWords = useWords(parentElement, data.words);
  const view = mixers.get(parentElement) ?? newView(parentElement);
  mixers.set(parentElement, view);
  Object.assign(view, { setState: setStateValue, trigger: setTriggerValue });
  if (view.weightsSeq === 0) view.weightsSeq = data.weights_seq ?? 0;
  if (view.reported === null) view.seq = data.seq ?? 0;  // a mixer that is mounted again goes on counting where the last one ended
  if (otherWords) view.interestRows = [];  // their texts are written once
  const isNew = otherWords || (view.state?.data.signature !== data.signature && !isOlder(view, data));
  if (isNew) load(view, data);
  // Python's α is used when the pair is new, or when Python has received all of ours and still sends another (Back).
  if (view.reported === null || (data.seq === view.seq && data.alpha !== view.reported)) {
    view.alpha = view.reported = data.alpha;
    view.slider.value = String(data.alpha);
  }
  view.mixer.classList.toggle("compact", Boolean(data.compact));
  write(view.slots.verdict, data.verdict);
  showEvidence(view, data.evidence);
  view.keys.verdict.hidden = !data.verdict;
  view.keys.undo.disabled = view.undo.length === 0;
  view.keys.reset.disabled = view.alpha === 0;
  redraw(view);
  paint(view);
  if (isNew && data.compact && !reducedMotion.matches) playDemo(view);
  return () => {
    if (parentElement.isConnected) return;  // the page ran again, the component stays
    view.watch.disconnect();
    view.scheme.removeEventListener("change", view.retheme);
  };
}
