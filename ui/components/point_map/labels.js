// Where labels of groups stand: outside the spot that they name, in free space near it, never over each other.
const REACHES = [10, 26, 48, 76, 110, 150, 200, 260];  // pixels between a spot and the nearest side of its label
const DIRECTIONS = Array.from({ length: 16 }, (_, i) => [Math.sin(i * Math.PI / 8), -Math.cos(i * Math.PI / 8)]);  // the first is up
const BETWEEN = 5;                                     // pixels between two labels
const SPOT = 9;                                        // half the side of the square around a spot that stays free
const CROSSING = 60, COVERED = 2400, COVERED_OWN = 300;  // costs in pixels of distance; the last two times a share of points

const overlapOf = (one, other, gap = 0) => one.left < other.left + other.width + gap && other.left < one.left + one.width + gap
  && one.top < other.top + other.height + gap && other.top < one.top + one.height + gap;
const insideBounds = (box, { left, top, right, bottom }) => box.left >= left && box.top >= top && box.left + box.width <= right && box.top + box.height <= bottom;

// The point of a box that is nearest to (x, y).
const nearestOf = ({ left, top, width, height }, x, y) => [clamp(x, left, left + width), clamp(y, top, top + height)];

function crossing([a, b], [c, d]) {
  const side = (p, q, r) => Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]));
  return side(a, b, c) !== side(a, b, d) && side(c, d, a) !== side(c, d, b);
}

const diagonals = ({ left, top, width, height }) => [[[left, top], [left + width, top + height]], [[left, top + height], [left + width, top]]];

function* candidatesOf({ x, y, width, height }) {
  for (const reach of REACHES) {
    for (const [dx, dy] of DIRECTIONS) {
      const away = reach + Math.abs(dx) * width / 2 + Math.abs(dy) * height / 2;
      yield { left: x + dx * away - width / 2, top: y + dy * away - height / 2, width, height };
    }
  }
}

function* everywhere({ width, height }, { left, top, right, bottom }) {
  for (let y = top; y + height <= bottom; y += 8) for (let x = left; x + width <= right; x += 8) yield { left: x, top: y, width, height };
}

// The place of each label, the important ones first: a box, or null where its spot is out of sight or no place is free.
// `labels`: { x, y, width, height, code } with the spot (x, y) that they name. `bounds`: left, top, right, bottom.
// `blocked`: boxes to keep free. `covered(box, code)`: the shares of all points, and of the group's, that a box covers.
function placesOf(labels, bounds, blocked = [], covered = () => [0, 0]) {
  const seen = labels.map(({ x, y }) => x >= bounds.left && x <= bounds.right && y >= bounds.top && y <= bounds.bottom);
  const spots = labels.filter((_, i) => seen[i]).map(({ x, y }) => ({ left: x - SPOT, top: y - SPOT, width: 2 * SPOT, height: 2 * SPOT }));
  const placed = [], lines = [];
  const free = (box) => insideBounds(box, bounds) && ![...blocked, ...placed].some((other) => overlapOf(box, other, BETWEEN)) && !spots.some((spot) => overlapOf(box, spot));
  const costOf = (box, { x, y, code }) => {
    const line = [nearestOf(box, x, y), [x, y]], [all, own] = covered(box, code);
    const crossed = lines.filter((other) => crossing(line, other)).length + placed.filter((other) => diagonals(other).some((one) => crossing(line, one))).length
      + lines.filter((other) => diagonals(box).some((one) => crossing(other, one))).length;
    return Math.hypot(line[0][0] - x, line[0][1] - y) + CROSSING * crossed + COVERED * all + COVERED_OWN * own;
  };
  const cheapest = (boxes, label) => {
    let best = null, least = Infinity;
    for (const box of boxes) {
      const cost = free(box) ? costOf(box, label) : Infinity;
      if (cost < least) [best, least] = [box, cost];
    }
    return best;
  };
  return labels.map((label, i) => {
    const box = seen[i] ? cheapest(candidatesOf(label), label) ?? cheapest(everywhere(label, bounds), label) : null;
    if (box) {
      placed.push(box);
      lines.push([nearestOf(box, label.x, label.y), [label.x, label.y]]);
    }
    return box;
  });
}

// For `placesOf`: counts of points in cells of the screen, added up so that a box is read from four corners.
function coverageOf(points, codes, groups, { scale, x, y }, width, height) {
  const cell = 10, columns = Math.ceil(width / cell) + 1, rows = Math.ceil(height / cell) + 1, n = points.length / 2, step = Math.ceil(n / 20000);
  const tables = Array.from({ length: groups + 1 }, () => new Int32Array(columns * rows)), totals = new Int32Array(groups + 1);
  for (let i = 0; i < n; i += step) {
    const column = 1 + Math.floor((x + scale * points[2 * i]) / cell), row = 1 + Math.floor((y - scale * points[2 * i + 1]) / cell);
    totals[codes[i]] += 1;
    totals[groups] += 1;
    if (column < 1 || row < 1 || column >= columns || row >= rows) continue;
    tables[codes[i]][row * columns + column] += 1;
    tables[groups][row * columns + column] += 1;
  }
  for (const table of tables) {
    for (let row = 1; row < rows; row++) for (let column = 1, sum = 0; column < columns; column++) {
      sum += table[row * columns + column];
      table[row * columns + column] = sum + table[(row - 1) * columns + column];
    }
  }
  const at = (value, most) => clamp(Math.round(value / cell), 0, most - 1);
  return ({ left, top, width: wide, height: high }, code) => {
    const [c0, c1, r0, r1] = [at(left, columns), at(left + wide, columns), at(top, rows), at(top + high, rows)];
    return [groups, code].map((which) => {
      const table = tables[which], value = (row, column) => table[row * columns + column];
      return (value(r1, c1) - value(r0, c1) - value(r1, c0) + value(r0, c0)) / Math.max(1, totals[which]);
    });
  };
}
