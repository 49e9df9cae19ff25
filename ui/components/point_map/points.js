// Points are painted into an ImageData buffer: no graphics card is needed, and 60,000 points take a few milliseconds.
const SHAPES = 8;
const TONE = 0.55;                     // a colour that is used again is darker (on a dark page lighter) by this factor each time
const OPAQUE = 256, CONTRAST = 3.05;   // of 256; contrast by WCAG 1.4.11 (3:1) and a little for rounding
const opacityOf = (n) => (n > 30000 ? 200 : n > 5000 ? 215 : 235);   // of 256; lower for many points, which overlap

function rgbOf(text) {
  const pen = rgbOf.pen ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = "#888";
  pen.fillStyle = text;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
}

const mix = (one, other, share) => one.map((value, i) => Math.round(value + (other[i] - value) * share));
const linear = (value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4);
const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
const isDark = (rgb) => luminance(rgb) < 0.18;
const packedOf = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

// The contrast of a point with the background by WCAG's formula, when painted at an opacity of 256.
function contrastOf(rgb, background, opacity) {
  const [low, high] = [luminance(mix(background, rgb, opacity / 256)), luminance(background)].sort((one, other) => one - other);
  return (high + 0.05) / (low + 0.05);
}

// The colour, mixed towards black or white until its contrast with the background is enough.
function readable(rgb, background, opacity = OPAQUE) {
  const ink = isDark(background) ? [255, 255, 255] : [0, 0, 0];
  let seen = rgb;
  for (let share = 0.04; contrastOf(seen, background, opacity) < CONTRAST && share <= 1; share += 0.04) seen = mix(rgb, ink, share);
  return seen;
}

// A colour for every code: group colours made readable, or the part of a scale with enough contrast in this theme.
function coloursOf(colour, background, opacity) {
  const stops = colour.hex.map(rgbOf);
  if (colour.kind === "groups") {
    const ink = isDark(background) ? [255, 255, 255] : [0, 0, 0];
    return stops.map((rgb, code) => readable(mix(rgb, ink, 1 - TONE ** colour.rounds[code]), background, opacity));
  }
  const scale = (share) => {
    const at = share * (stops.length - 1), low = Math.min(Math.floor(at), stops.length - 2);
    return mix(stops[low], stops[low + 1], at - low);
  };
  const seen = Array.from({ length: 101 }, (_, i) => i / 100).filter((share) => contrastOf(scale(share), background, opacity) >= CONTRAST);
  const [from, to] = seen.length ? [seen[0], seen.at(-1)] : [0, 1];
  return Array.from({ length: 256 }, (_, code) => readable(scale(from + (to - from) * code / 255), background, opacity));
}

const INSIDE = [
  (x, y) => x * x + y * y <= 1,
  (x, y) => Math.abs(x) + Math.abs(y) <= 1.18,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.86,
  (x, y) => y <= 0.72 && y >= -1 && Math.abs(x) <= (y + 1) * 0.62,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 1 && Math.min(Math.abs(x), Math.abs(y)) <= 0.36,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.95 && Math.abs(Math.abs(x) - Math.abs(y)) <= 0.46,
  (x, y) => { const turn = Math.atan2(x, -y), arm = Math.abs(((turn * 5) / (2 * Math.PI) + 10.5) % 1 - 0.5) * 2; return Math.hypot(x, y) <= 1.2 - 0.65 * arm; },
  (x, y) => -y <= 0.72 && -y >= -1 && Math.abs(x) <= (1 - y) * 0.62,
];

// A shape as pixels around a centre: dx, dy and coverage (0 to 256) of each.
function stampOf(shape, radius) {
  const reach = Math.ceil(radius * 1.2), dots = [], inside = INSIDE[radius < 2.4 ? 0 : shape % SHAPES];
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      let hits = 0;
      for (let sub = 0; sub < 16; sub++) hits += inside((dx + (sub % 4 - 1.5) / 4) / radius, (dy + (Math.floor(sub / 4) - 1.5) / 4) / radius);
      if (hits) dots.push(dx, dy, hits * 16);
    }
  }
  return { reach, dots: Int16Array.from(dots) };
}

function paintStamp(pixels, width, at, { dots }, red_blue, green, opacity) {
  for (let p = 0; p < dots.length; p += 3) {
    const where = at + dots[p + 1] * width + dots[p], share = (dots[p + 2] * opacity) >> 8, rest = 256 - share, below = pixels[where];
    const mixed_rb = (((below & 0xff00ff) * rest + red_blue * share) / 256) & 0xff00ff;
    const mixed_g = (((below & 0x00ff00) * rest + green * share) / 256) & 0x00ff00;
    pixels[where] = 0xff000000 | mixed_rb | mixed_g;
  }
}

const radiusOf = (view) => clamp(120 / Math.sqrt(view.map.n), 1.05, 4.6) * clamp(view.zoom ** 0.4, 1, 3);

// The colour of points that are not chosen while others are: nearly grey, with the least readable contrast.
function mutedOf(rgb, background) {
  const ink = isDark(background) ? [255, 255, 255] : [0, 0, 0], grey = mix(background, ink, 0.3);
  return readable(mix(grey, rgb, 0.25), background);
}

// All points, at most SLICE of them in one frame: the next frames add the others, unless the map has moved meanwhile. So a
// map of a million points follows the hand with a random sample of them and is complete as soon as it rests.
const SLICE = 60000;

// The rows of a slice: a stride that is prime to n visits every row once, in an order unrelated to the rows' own.
function strideOf(n) {
  const divisor = (a, b) => (b ? divisor(b, a % b) : a);
  let stride = Math.max(1, Math.round(n * 0.618));
  while (divisor(n, stride) > 1) stride++;
  return stride;
}

// Chosen points are larger and painted last; the others are muted.
function paintPoints(view, from = 0) {
  const began = performance.now(), { map, frame } = view, { width, height } = frame, to = Math.min(map.n, from + SLICE);
  if (!view.image || view.image.width !== width || view.image.height !== height) view.image = new ImageData(width, height);
  if (!from) new Uint32Array(view.image.data.buffer).fill(packedOf(view.background));
  const rounds = view.count ? [["others", from], ["chosen", 0]] : [["all", from]];
  for (const [which, first] of rounds) paintRows(view, which, first, to);
  const pen = view.points.getContext("2d", { alpha: false });
  pen.putImageData(view.image, 0, 0);
  if (view.density) paintDensity(view, pen);
  view.stage.dataset.paint = (performance.now() - began).toFixed(1);
  view.stage.dataset.painted = String(to);
  view.unpainted = to < map.n ? to : null;
}

// Of the rows at these places of the order: all, only the chosen ones, or only the others.
function paintRows(view, which, from, to) {
  const { map, frame, colour } = view, { width, height, ratio } = frame, { n, points } = map;
  const pixels = new Uint32Array(view.image.data.buffer), radius = radiusOf(view) * ratio * (which === "chosen" ? 1.3 : 1);
  const stamps = Array.from({ length: SHAPES }, (_, shape) => stampOf(shape, radius));
  const palette = colour.rgb.map((rgb) => packedOf(which === "others" ? mutedOf(rgb, view.background) : rgb));
  const opacity = which === "all" ? opacityOf(n) : OPAQUE, wanted = which === "chosen" ? 1 : 0;
  const { scale, x: left, y: top } = transform(view), codes = colour.codes, groups = colour.kind === "groups";
  const stride = n > SLICE ? map.stride ??= strideOf(n) : 1;
  for (let place = from, i = (from * stride) % n; place < to; place++, i = i + stride < n ? i + stride : i + stride - n) {
    if (which !== "all" && view.chosen[i] !== wanted) continue;
    const x = Math.round(left + scale * points[2 * i]), y = Math.round(top - scale * points[2 * i + 1]);
    const code = codes[i], one = stamps[groups ? code % SHAPES : 0];
    if (x < one.reach || y < one.reach || x >= width - one.reach || y >= height - one.reach) continue;
    const packed = palette[code];
    paintStamp(pixels, width, y * width + x, one, packed & 0xff00ff, packed & 0x00ff00, opacity);
  }
}

function paintDensity(view, pen) {
  const lines = view.map.lines ??= densityLines(view.map.points), { scale, x, y } = transform(view);
  pen.lineWidth = 1.2 * view.frame.ratio;
  pen.strokeStyle = view.ink;
  lines.forEach((line, level) => {
    pen.globalAlpha = 0.22 + 0.16 * level;
    pen.beginPath();
    for (let s = 0; s < line.length; s += 4) {
      pen.moveTo(x + scale * line[s], y - scale * line[s + 1]);
      pen.lineTo(x + scale * line[s + 2], y - scale * line[s + 3]);
    }
    pen.stroke();
  });
  pen.globalAlpha = 1;
}

// From map units (0 to 1, y up) to pixels of the canvas.
function transform(view) {
  const { width, height, ratio } = view.frame, [wide, high] = view.map.extent;
  const free = width - view.shift * ratio, [midX, midY] = middleOf(view);
  const fit = Math.min((free - 80 * ratio) / wide, (height - 96 * ratio) / high), scale = fit * view.zoom;
  return { scale, x: midX - scale * view.centre[0], y: midY + scale * view.centre[1] };
}

// The middle of the area that the tools and the drawer leave free, in pixels of the canvas.
const middleOf = ({ frame, shift }) => [(frame.width - shift * frame.ratio) / 2, (frame.height + 36 * frame.ratio) / 2];
