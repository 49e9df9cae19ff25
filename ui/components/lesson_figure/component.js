// One slider and the figure that follows it. Nothing is sent to the server.
const lessons = new WeakMap();
const DRAW = { cells: drawCells, points: drawPoints, bars: drawBars, blend: drawBlend, lines: drawLines };

function newLesson(root) {
  const slots = {};
  namespace = root.querySelector("svg").namespaceURI;
  root.querySelectorAll("[data-slot]").forEach((node) => { slots[node.dataset.slot] = node; });
  const view = {
    box: root.querySelector(".lesson"), slots, slider: root.querySelector("input"), select: root.querySelector("select"),
    stage: root.querySelector(".stage"), table: root.querySelector("table"), details: root.querySelector("details"), text: "", chosen: 0, queued: false,
  };
  const later = () => { if (!view.queued) { view.queued = true; requestAnimationFrame(() => paintLesson(view)); } };
  view.slider.oninput = later;
  view.details.ontoggle = later;
  view.select.onchange = () => { view.chosen = view.select.selectedIndex; openFigure(view); };
  view.watch = new ResizeObserver(later);
  view.watch.observe(view.box);
  return view;
}

function openFigure(view) {
  const figure = view.data.figures[view.chosen];
  view.slider.max = String(figure.positions.length - 1);
  view.slider.value = String(figure.start);
  view.slider.disabled = figure.positions.length < 2;
  paintLesson(view);
}

function paintLesson(view) {
  view.queued = false;
  if (!view.box.isConnected || !view.data) return;
  const figure = view.data.figures[view.chosen], position = Number(view.slider.value), { slots } = view;
  write(slots.position, figure.positions[position]);
  view.slider.setAttribute("aria-valuetext", figure.positions[position]);
  write(slots.sentence, figure.sentences[position]);
  write(slots.note, figure.note);
  DRAW[figure.kind](view.stage, figure.drawing, position, Math.max(240, view.stage.clientWidth));
  if (view.details.open) table(view.table, figure.tables[Math.min(position, figure.tables.length - 1)]);
}

export default function ({ data, parentElement }) {
  const view = lessons.get(parentElement) ?? newLesson(parentElement);
  lessons.set(parentElement, view);
  const text = JSON.stringify(data);
  if (text !== view.text) {
    const { chosen, slider } = view, before = view.data?.figures[chosen]?.positions.length, position = slider.value;
    Object.assign(view, { text, data, chosen: chosen < data.figures.length ? chosen : 0 });
    view.box.classList.toggle("large", data.large);
    for (const name of ["control", "choose", "table"]) write(view.slots[name], data[name]);
    view.slider.setAttribute("aria-label", data.control);
    view.details.querySelector(".scroll").setAttribute("aria-label", data.table);
    view.select.replaceChildren(...data.figures.map(({ name }, place) => new Option(name, String(place), false, place === view.chosen)));
    view.select.parentElement.hidden = data.figures.length < 2;
    openFigure(view);
    if (before === data.figures[view.chosen].positions.length) { view.slider.value = position; paintLesson(view); }  // a reveal leaves the thumb where it is
  }
  return () => { if (!parentElement.isConnected) view.watch.disconnect(); };
}
