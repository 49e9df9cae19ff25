// Pure functions on typed arrays: decoding, a grid for finding points, what lies inside a lasso, density.
const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
const floatsOf = (text) => new Float32Array(bytesOf(text).buffer);
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

function bitsText(chosen) {
  const bits = new Uint8Array(Math.ceil(chosen.length / 8));
  for (let i = 0; i < chosen.length; i++) if (chosen[i]) bits[i >> 3] |= 1 << (i & 7);
  let text = "";
  for (let at = 0; at < bits.length; at += 8192) text += String.fromCharCode(...bits.subarray(at, at + 8192));
  return btoa(text);
}

function chosenOf(text, n) {
  const bits = bytesOf(text), chosen = new Uint8Array(n);
  for (let i = 0; i < n; i++) chosen[i] = (bits[i >> 3] >> (i & 7)) & 1;
  return chosen;
}

function rowsOf(text) {
  const bits = bytesOf(text), rows = [];
  for (let i = 0; i < 8 * bits.length; i++) if ((bits[i >> 3] >> (i & 7)) & 1) rows.push(i);
  return rows;
}

// How wide and how high the points reach, in map units.
function extentOf(points) {
  const low = [1, 1], high = [0, 0];
  for (let i = 0; i < points.length; i++) { low[i & 1] = Math.min(low[i & 1], points[i]); high[i & 1] = Math.max(high[i & 1], points[i]); }
  return [0, 1].map((axis) => Math.max(0.05, high[axis] - low[axis]));
}

// Points sorted into the cells of a grid: about two a cell, found by counting.
function gridOf(points) {
  const n = points.length / 2, side = clamp(Math.round(Math.sqrt(n / 2)), 1, 400);
  const cellOf = (i) => clamp(Math.floor(points[2 * i + 1] * side), 0, side - 1) * side + clamp(Math.floor(points[2 * i] * side), 0, side - 1);
  const starts = new Int32Array(side * side + 1), members = new Int32Array(n);
  for (let i = 0; i < n; i++) starts[cellOf(i) + 1] += 1;
  for (let cell = 0; cell < side * side; cell++) starts[cell + 1] += starts[cell];
  const free = starts.slice();
  for (let i = 0; i < n; i++) members[free[cellOf(i)]++] = i;
  return { side, starts, members };
}

// The point nearest to (x, y) within a radius, all in map units; -1 when there is none.
function nearestPoint(grid, points, x, y, radius) {
  const { side, starts, members } = grid, cell = (value) => clamp(Math.floor(value * side), 0, side - 1);
  let best = -1, closest = radius * radius;
  for (let row = cell(y - radius); row <= cell(y + radius); row++) {
    for (let at = starts[row * side + cell(x - radius)], end = starts[row * side + cell(x + radius) + 1]; at < end; at++) {
      const i = members[at], dx = points[2 * i] - x, dy = points[2 * i + 1] - y, gap = dx * dx + dy * dy;
      if (gap < closest) { closest = gap; best = i; }
    }
  }
  return best;
}

// Which points lie inside a closed line (even-odd): Uint8Array, and how many.
function insideOf(points, line) {
  const n = points.length / 2, chosen = new Uint8Array(n), corners = line.length / 2;
  let left = Infinity, right = -Infinity, low = Infinity, high = -Infinity, count = 0;
  for (let c = 0; c < corners; c++) {
    left = Math.min(left, line[2 * c]); right = Math.max(right, line[2 * c]);
    low = Math.min(low, line[2 * c + 1]); high = Math.max(high, line[2 * c + 1]);
  }
  for (let i = 0; i < n; i++) {
    const x = points[2 * i], y = points[2 * i + 1];
    if (x < left || x > right || y < low || y > high) continue;
    let inside = 0;
    for (let c = 0, before = corners - 1; c < corners; before = c++) {
      const y1 = line[2 * c + 1], y2 = line[2 * before + 1];
      if (y1 > y !== y2 > y && x < ((line[2 * before] - line[2 * c]) * (y - y1)) / (y2 - y1) + line[2 * c]) inside ^= 1;
    }
    chosen[i] = inside;
    count += inside;
  }
  return { chosen, count };
}

// Lines of equal density: points counted on a grid, blurred, then walked square by square. Segments x1 y1 x2 y2 a level.
function densityLines(points) {
  const side = 140, margin = 8, full = side + 2 * margin;
  let field = new Float32Array(full * full);
  for (let i = 0; i < points.length; i += 2) {
    const column = margin + clamp(Math.floor(points[i] * side), 0, side - 1), row = margin + clamp(Math.floor(points[i + 1] * side), 0, side - 1);
    field[row * full + column] += 1;
  }
  for (let pass = 0; pass < 3; pass++) field = blurred(blurred(field, full, 1, full, 3), full, full, 1, 3);
  const top = field.reduce((best, value) => Math.max(best, value), 0);
  return [0.06, 0.18, 0.38, 0.66].map((level) => contour(field, full, level * top, (v) => (v - margin + 0.5) / side));
}

function blurred(field, full, step, line, reach) {
  const out = new Float32Array(field.length);
  for (let one = 0; one < full; one++) {
    for (let at = 0, sum = 0; at < full + reach; at++) {
      if (at < full) sum += field[one * line + at * step];
      if (at - 2 * reach - 1 >= 0) sum -= field[one * line + (at - 2 * reach - 1) * step];
      if (at - reach >= 0) out[one * line + (at - reach) * step] = sum / (2 * reach + 1);
    }
  }
  return out;
}

function contour(field, full, level, unit) {
  const segments = [];
  for (let row = 0; row + 1 < full; row++) {
    for (let column = 0; column + 1 < full; column++) {
      const at = row * full + column, corner = [field[at], field[at + 1], field[at + full + 1], field[at + full]];
      const crossings = [];
      for (let edge = 0; edge < 4; edge++) {
        const from = corner[edge], to = corner[(edge + 1) % 4];
        if (from > level === to > level) continue;
        const part = (level - from) / (to - from);
        const [x, y] = [[part, 0], [1, part], [1 - part, 1], [0, 1 - part]][edge];
        crossings.push(unit(column + x), unit(row + y));
      }
      for (let c = 0; c + 3 < crossings.length; c += 4) segments.push(...crossings.slice(c, c + 4));
    }
  }
  return new Float32Array(segments);
}
