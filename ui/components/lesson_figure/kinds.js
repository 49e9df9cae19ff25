// How each kind of figure is drawn: (stage, drawing, position, width) fills the stage.

// A part of the user–item matrix, filled click by click; below it the sequence of one user.
function drawCells(stage, { users, columns, clicks, titles, follow, x_title }, position, width) {
  const left = Math.min(120, width * 0.22), size = Math.min(22, (width - left) / columns), tall = Math.max(15, size), height = users.length * tall + 26;
  const svg = canvas(width, height), done = clicks.slice(0, position);
  users.forEach((name, row) => {
    svg.append(shape("text", { x: left - 8, y: (row + 0.72) * tall, "text-anchor": "end", class: row === follow ? "strong" : "faint" }, name));
    for (let column = 0; column < columns; column += 1) {
      svg.append(shape("rect", { x: left + column * size, y: row * tall, width: size - 1, height: tall - 1, rx: 2, fill: "none", class: "grid" }));
    }
  });
  done.forEach(([row, column], place) => {
    const newest = place === done.length - 1;
    svg.append(shape("rect", { x: left + column * size, y: row * tall, width: size - 1, height: tall - 1, rx: 2,
      fill: row === follow ? COLOURS.target : "currentColor", opacity: newest ? 1 : 0.62, stroke: newest ? "currentColor" : "none", "stroke-width": 2 }));
  });
  svg.append(shape("text", { x: left, y: height - 6, class: "faint" }, x_title));
  const chain = element("div", "sequence", element("b", "", `${users[follow]}:`));
  for (const [row, column] of done) if (row === follow) chain.append(element("span", "", titles[column]), "→");
  if (chain.lastChild.nodeType === 3) chain.lastChild.remove();
  stage.replaceChildren(svg, chain);
}

// Users on a plane: the ten nearest by the kept dimensions, and rings around the ten nearest by all.
function drawPoints(stage, { points, user, near, all, legend }, position, width) {
  const height = Math.min(320, width * 0.6), pad = 12, svg = canvas(width, height);
  const at = ([x, y]) => [pad + x * (width - 2 * pad), height - pad - y * (height - 2 * pad)];
  points.forEach((point) => { const [x, y] = at(point); svg.append(shape("circle", { cx: x, cy: y, r: 2, fill: COLOURS.context })); });
  const [ux, uy] = at(points[user]);
  for (const index of near[position]) {
    const [x, y] = at(points[index]);
    svg.append(shape("line", { x1: ux, y1: uy, x2: x, y2: y, stroke: GROUPS[0], "stroke-width": 1.2, opacity: 0.6 }), mark(0, x, y, 5, GROUPS[0]));
  }
  for (const index of all) { const [x, y] = at(points[index]); svg.append(shape("circle", { cx: x, cy: y, r: 8, fill: "none", stroke: "currentColor", "stroke-width": 1.6 })); }
  svg.append(shape("rect", { x: ux - 6, y: uy - 6, width: 12, height: 12, fill: COLOURS.target, stroke: "currentColor", transform: `rotate(45 ${ux} ${uy})` }));
  const words = element("div", "legend", ...legend.map((text) => element("span", "", text)));
  stage.replaceChildren(svg, words);
}

// Rows with numbers and one or two bars; a mark on the first bar is its usual value.
function drawBars(stage, { labels, columns, numbers, bars, legend, marks, counted, total }, position) {
  const rows = element("table", "bars"), head = element("tr", "", element("th", "", columns[0]));
  columns.slice(1).forEach((name) => head.append(element("th", "number", name)));
  head.append(element("td", ""));
  rows.append(head);
  const shown = numbers[position], values = bars.map((each) => each[position]);
  labels.forEach((label, row) => {
    const line = element("tr", counted && row >= counted[position] ? "off" : "", element("td", "", label));
    shown[row].forEach((text) => line.append(element("td", "number", text)));
    const cell = element("td", "bar");
    values.forEach((each, series) => {
      const track = element("div", "track"), fill = element("i", "");
      fill.style.width = `${100 * Math.min(1, Math.max(0, each[row]))}%`;
      track.style.setProperty("--own", GROUPS[series]);
      track.append(fill);
      if (series === 0 && marks) { const usual = element("b", ""); usual.style.left = `${100 * marks[row]}%`; track.append(usual); }
      cell.append(track);
    });
    line.append(cell);
    rows.append(line);
  });
  if (total) rows.append(element("tr", "total", ...total[position].map((text, place) => element("td", place ? "number" : "", text)), element("td", "")));
  const words = element("div", "legend", ...legend.map((text, series) => {
    const swatch = element("i", ""), entry = element("span", "", swatch, text);
    entry.style.setProperty("--own", GROUPS[series]);
    return entry;
  }));
  stage.replaceChildren(words, rows);
}

// The worked blend of two matrices, and the list of two real users with the exact changes.
function drawBlend(stage, { source, target, names, alphas, titles, lists, ticks, heading }, position) {
  const alpha = alphas[position], mixed = source.map((row, i) => row.map((value, j) => alpha * value + (1 - alpha) * target[i][j]));
  const short = (x) => String(+x.toFixed(3));
  const matrix = (rows, name, role) => element("div", `named ${role}`, name, element("div", "matrix", ...rows.flat().map((x) => element("span", "", short(x)))));
  const sum = element("div", "sum", `${alpha.toFixed(2)} ·`, matrix(source, names.source, "source"), `+ ${(1 - alpha).toFixed(2)} ·`,
    matrix(target, names.target, "target"), "=", matrix(mixed, names.blend, "blend"));
  const axis = element("div", "axis");
  for (const tick of ticks) { const line = element("i", ""); line.style.left = `${100 * tick}%`; axis.append(line); }
  const thumb = element("b", "");
  thumb.style.left = `${100 * alpha}%`;
  axis.append(thumb);
  const own = new Set(lists[0]);
  const list = element("ol", "items", ...lists[position].map((item, place) => {
    const text = element("span", "", titles[item]);
    text.title = titles[item];
    return element("li", own.has(item) ? "" : "new", element("b", "", `${place + 1}.`), text);
  }));
  stage.replaceChildren(sum, element("b", "", heading), axis, list);
}
