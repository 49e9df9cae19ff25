// Elements and numbers. Texts are set as text only.
let namespace = "";  // of SVG, as the component's own element has it

function element(tag, classes, ...children) {
  const node = document.createElement(tag);
  if (classes) node.className = classes;
  node.append(...children);
  return node;
}

function shape(tag, attributes, text) {
  const node = document.createElementNS(namespace, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(name, String(value));
  if (text !== undefined) node.textContent = text;
  return node;
}

function canvas(width, height) {
  return shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
}

const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };
const colour = (name, number) => COLOURS[name] ?? GROUPS[number % GROUPS.length];

// A mark of a series: shape as well as colour tells them apart.
function mark(number, x, y, size, fill) {
  const s = size;
  if (number % 3 === 0) return shape("circle", { cx: x, cy: y, r: s, fill });
  if (number % 3 === 1) return shape("rect", { x: x - s, y: y - s, width: 2 * s, height: 2 * s, fill });
  return shape("path", { d: `M${x} ${y - 1.3 * s}L${x + 1.2 * s} ${y + s}L${x - 1.2 * s} ${y + s}Z`, fill });
}

function table(node, { columns, rows }) {
  const head = element("tr", "", ...columns.map((name) => { const cell = element("th", "", name); cell.scope = "col"; return cell; }));
  node.replaceChildren(head, ...rows.map((row) => element("tr", "", ...row.map((text) => element("td", "", text)))));
}
