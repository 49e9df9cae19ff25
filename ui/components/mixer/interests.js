// The source's panel while its interests are transferred: a checkbox and a weight for each, followed by the list at once.
const AS_TEXT = (weights, rows) => rows.map(({ group }, i) => [group, weights[i]]).filter(([, weight]) => weight !== 1)
  .sort(([a], [b]) => a - b).map(([group, weight]) => `${group < 0 ? "rest" : group}:${+weight.toFixed(3)}`).join(",");

// Fills the panel for new data. Rows of the same pair stay, so that the focus does.
function showInterests(view, data, samePair) {
  const panel = data.interests, { slots } = view;
  view.what.parentElement.hidden = !panel;
  view.interests.parentElement.classList.toggle("weighing", Boolean(panel?.chosen));
  view.interests.hidden = !panel?.chosen;
  slots["source-titles"].hidden = Boolean(panel?.chosen);
  if (panel?.chosen) write(slots["source-heading"], say("Interests: tick and weigh"));
  if (!panel) return;
  view.what.value = panel.chosen ? "interests" : "next-choice";
  if (!samePair || view.interestRows.length !== panel.rows.length) {
    view.interestRows = panel.rows.map((row) => interestRow(view, row));
    view.interests.replaceChildren(...view.interestRows.map(({ node }) => node));
  }
  panel.rows.forEach((row, i) => setWeight(view.interestRows[i], row.weight));
  noteOf(view);
}

function interestRow(view, { name, share, titles }) {
  const tick = Object.assign(document.createElement("input"), { type: "checkbox", title: say("Transfer {name}", { name }) });
  const range = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 1, step: 0.05 });
  tick.setAttribute("aria-label", say("Transfer {name}, {share} of the source", { name, share: percent(share) }));
  range.setAttribute("aria-label", say("Weight of {name}", { name }));
  const head = element("span", "name-of", name), part = element("span", "aside", percent(share)), what = element("span", "items-of", titles.join(" · "));
  head.title = name;
  what.title = titles.join("\n");
  const row = { tick, range, part, node: element("li", "interest", tick, head, part, what, range) };
  tick.onchange = () => { setWeight(row, tick.checked ? 1 : 0); weigh(view); reportWeights(view); };
  range.oninput = () => { setWeight(row, Number(range.value)); view.weighing = true; weighSoon(view); };
  range.onchange = () => { view.weighing = false; reportWeights(view); };
  return row;
}

const percent = (share) => `${share < 0.0995 ? (100 * share).toFixed(1) : Math.round(100 * share)}%`;

function setWeight(row, weight) {
  row.weight = weight;
  row.tick.checked = weight > 0;
  row.range.value = String(weight);
  row.range.setAttribute("aria-valuetext", `${Math.round(100 * weight)}%`);
  row.node.classList.toggle("off", !(weight > 0));
}

// At most once a frame.
function weighSoon(view) {
  if (view.weighQueued) return;
  view.weighQueued = true;
  requestAnimationFrame(() => { view.weighQueued = false; weigh(view); });
}

// The list for the weights in the panel; unchanged while nothing is ticked, or where only the server can compute it.
function weigh(view) {
  const some = noteOf(view);
  if (some && reweigh(view.state, view.interestRows.map(({ weight }) => weight))) {
    Object.assign(view, { step: -1, describedStep: -1 });
    view.axis.setAttribute("aria-valuemax", String(view.state.starts.length - 1));
    view.slots.tags.replaceChildren(...view.state.tags.map((entry) => tagRow(entry, view.state)));
    schedule(view);
  }
}

function noteOf(view) {
  const some = !view.interestRows.length || view.interestRows.some(({ weight }) => weight > 0);
  write(view.slots["interest-note"], some ? "" : say("Tick an interest to transfer. The list is that of the last choice."));
  return some;
}

// Keys and clicks repeat: the weights are sent after the last one.
function reportWeights(view) {
  clearTimeout(view.weightTimer);
  view.weightTimer = setTimeout(() => {
    view.weightTimer = 0;
    const weights = view.interestRows.map(({ weight }) => weight);
    if (!weights.some((weight) => weight > 0)) return;
    view.weightsSeq += 1;
    view.setState("weights", { value: AS_TEXT(weights, view.state.data.interests.rows), seq: view.weightsSeq });
  }, 250);
}

// Whether data from Python is older than what the visitor has chosen since.
const isOlder = (view, data) => view.state?.data.pair === data.pair && view.state.data.interests?.chosen === data.interests?.chosen
  && (data.weights_seq !== view.weightsSeq || view.weighing || Boolean(view.weightTimer));
