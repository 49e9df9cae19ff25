// Lines over a quantity, with intervals as bands, names at their ends and a cursor at the slider's position.
function drawLines(stage, drawing, position, width) {
  const { x, x_ticks, x_title, y_title, y_ticks, frames, cursor } = drawing;
  const lines = frames[Math.min(position, frames.length - 1)];
  const narrow = width < 460, left = 46, right = narrow ? 10 : Math.min(170, width * 0.28), top = 10, bottom = 46;
  const height = Math.min(330, Math.max(230, width * 0.55)), svg = canvas(width, height);
  const [low, high] = [y_ticks[0][0], y_ticks[y_ticks.length - 1][0]], first = x[0], last = x[x.length - 1];
  const px = (value) => left + ((value - first) / (last - first || 1)) * (width - left - right);
  const py = (value) => height - bottom - ((Math.min(high, Math.max(low, value)) - low) / (high - low || 1)) * (height - top - bottom);
  for (const [value, text] of y_ticks) {
    svg.append(shape("line", { x1: left, x2: width - right, y1: py(value), y2: py(value), class: "grid" }));
    svg.append(shape("text", { x: left - 6, y: py(value) + 4, "text-anchor": "end", class: "faint" }, text));
  }
  for (const [value, text] of x_ticks) svg.append(shape("text", { x: px(value), y: height - bottom + 17, "text-anchor": "middle", class: "faint" }, text));
  svg.append(shape("text", { x: left, y: height - 6, class: "faint" }, narrow ? `${x_title} · ${y_title}` : x_title));
  if (!narrow) svg.append(shape("text", { x: 13, y: top + (height - top - bottom) / 2, transform: `rotate(-90 13 ${top + (height - top - bottom) / 2})`, "text-anchor": "middle", class: "faint" }, y_title));
  if (cursor) {
    const at = px(x[Math.min(position, x.length - 1)]);
    svg.append(shape("line", { x1: at, x2: at, y1: top, y2: height - bottom, stroke: "currentColor", "stroke-width": 1.5, "stroke-dasharray": "3 3" }));
  }
  const ends = [];
  lines.forEach(({ name, role, values, low: lower, high: upper, best }, number) => {
    const own = colour(role, number);
    if (lower) svg.append(shape("path", { d: `M${x.map((at, i) => `${px(at)} ${py(upper[i])}`).join("L")}L${x.map((at, i) => `${px(at)} ${py(lower[i])}`).reverse().join("L")}Z`, fill: own, opacity: 0.16 }));
    svg.append(shape("path", { d: `M${x.map((at, i) => `${px(at)} ${py(values[i])}`).join("L")}`, fill: "none", stroke: own, "stroke-width": 2.5, "stroke-dasharray": ["", "7 4", "2 3"][number % 3] }));
    const place = best ?? (cursor ? Math.min(position, x.length - 1) : -1);
    if (place >= 0) svg.append(mark(number, px(x[place]), py(values[place]), 5.5, own));
    ends.push({ name, number, own, y: py(values[values.length - 1]) });
  });
  if (narrow) {
    const words = element("div", "legend", ...ends.map(({ name, own }) => {
      const swatch = element("i", ""), entry = element("span", "", swatch, name);
      entry.style.setProperty("--own", own);
      return entry;
    }));
    stage.replaceChildren(words, svg);
    return;
  }
  nameEnds(svg, ends, width - right, top, height - bottom);
  stage.replaceChildren(svg);
}

// Names at the right of their lines, moved apart where they would lie over each other.
function nameEnds(svg, ends, x, top, bottom) {
  const gap = 17;
  ends.sort((a, b) => a.y - b.y);
  ends.forEach((end, place) => { end.at = Math.max(end.y, place ? ends[place - 1].at + gap : top + 8); });
  for (let place = ends.length - 1; place >= 0; place -= 1) {
    ends[place].at = Math.min(ends[place].at, place === ends.length - 1 ? bottom : ends[place + 1].at - gap);
  }
  for (const { name, number, own, at } of ends) {
    svg.append(mark(number, x + 12, at, 4, own), shape("text", { x: x + 21, y: at + 4 }, name));
  }
}
