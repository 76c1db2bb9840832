// Curves and scatters as SVG.

/**
 * @typedef {{label: string, x: ArrayLike<number>, y: ArrayLike<number | null>, colour: string,
 *   dashed?: boolean, dots?: boolean, steps?: boolean,
 *   ends?: [ArrayLike<number | null>, ArrayLike<number | null>]}} Series
 * @typedef {{title: string, x: string, y?: string, zero?: boolean, top?: number,
 *   diagonal?: boolean}} ChartText
 */

const SERIES_COLOURS = ["--blue", "--red", "--green", "--amber", "--purple", "--grey"];
const CHART = { width: 380, height: 230, left: 58, right: 12, top: 12, bottom: 40 };
const MOST_POINTS = 800;

/**
 * @param {string} tag @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function svg(tag, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/** @param {Series} series @returns {number[][]} Points that exist, not too many: (x, y), and the
 * ends of an interval around y where there is one. */
function pointsOf(series) {
  /** @type {number[][]} */ const points = [];
  const step = Math.max(1, Math.ceil(series.x.length / MOST_POINTS));
  for (let k = 0; k < series.x.length; k++) {
    const y = series.y[k];
    if (y === null || !Number.isFinite(y)) continue;
    if (k % step !== 0 && k !== series.x.length - 1) continue;
    const ends = (series.ends ?? []).map((values) => values[k]);
    points.push([series.x[k], y, ...ends.filter((end) => end !== null)]);
  }
  return points;
}

/** @param {number[][]} all @param {0 | 1} axis @param {boolean} zero */
function bounds(all, axis, zero) {
  const values = all.flatMap((point) => (axis === 1 ? point.slice(1) : [point[0]]));
  let [low, high] = spanOf(values);
  if (zero) low = Math.min(0, low);
  if (low === high) high = low + 1;
  return [low, axis === 1 ? high + 0.04 * (high - low) : high];
}

/** @param {ChartText} text @param {Series[]} series @returns {HTMLElement} */
function chart(text, series) {
  const box = element("figure", undefined, "chart");
  box.append(element("figcaption", text.title));
  const drawn = series.map((one) => ({ ...one, points: pointsOf(one) }))
    .filter((one) => one.points.length);
  if (!drawn.length) {
    box.append(element("p", "nothing yet", "quiet"));
    return box;
  }
  const { width, height, left, right, top, bottom } = CHART;
  const all = drawn.flatMap((one) => one.points);
  let [x0, x1] = bounds(all, 0, text.zero ?? true), [y0, y1] = bounds(all, 1, text.zero ?? true);
  if (text.top !== undefined) y1 = text.top;
  if (text.diagonal) {
    x0 = y0 = Math.min(x0, y0);
    x1 = y1 = Math.max(x1, y1);
  }
  const xOf = (/** @type {number} */ x) => left + ((width - left - right) * (x - x0)) / (x1 - x0);
  const yOf = (/** @type {number} */ y) =>
    height - bottom - ((height - top - bottom) * (Math.min(y1, y) - y0)) / (y1 - y0);
  const image = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  image.append(svg("title", {}, text.title));
  for (const value of ticks(x0, x1, 5)) {
    image.append(svg("text", { x: xOf(value), y: height - bottom + 15, class: "tick middle" },
      shown(value)));
  }
  for (const value of ticks(y0, y1, 5)) {
    image.append(svg("line", { x1: left, x2: width - right, y1: yOf(value), y2: yOf(value),
      class: "grid" }));
    image.append(svg("text", { x: left - 6, y: yOf(value) + 4, class: "tick end" }, shown(value)));
  }
  image.append(svg("text", { x: (left + width - right) / 2, y: height - 6, class: "axis middle" },
    text.x));
  if (text.y)
    image.append(svg("text", { class: "axis middle",
      transform: `translate(12 ${(top + height - bottom) / 2}) rotate(-90)` }, text.y));
  if (text.diagonal)
    image.append(svg("line", { x1: xOf(x0), y1: yOf(x0), x2: xOf(x1), y2: yOf(x1),
      class: "diagonal" }));
  for (const one of drawn) drawSeries(image, one, xOf, yOf);
  box.append(image);
  if (drawn.length > 1) box.append(legend(drawn));
  return box;
}

/**
 * @param {Element} image @param {Series & {points: number[][]}} one
 * @param {(x: number) => number} xOf @param {(y: number) => number} yOf
 */
function drawSeries(image, one, xOf, yOf) {
  const paint = `var(${one.colour})`;
  if (!one.dots) {
    const path = one.points.map(([x, y], k) => k && one.steps
      ? `H${xOf(x).toFixed(1)}V${yOf(y).toFixed(1)}`
      : `${k ? "L" : "M"}${xOf(x).toFixed(1)} ${yOf(y).toFixed(1)}`).join("");
    image.append(svg("path", { d: path, fill: "none", stroke: paint, "stroke-width": 2,
      "stroke-dasharray": one.dashed ? "5 4" : "none", "stroke-linejoin": "round" }));
  }
  if (one.dots || one.points.length === 1)
    for (const [x, y, low, high] of one.points) {
      if (low < high)
        image.append(svg("line", { x1: xOf(x).toFixed(1), x2: xOf(x).toFixed(1),
          y1: yOf(low).toFixed(1), y2: yOf(high).toFixed(1), stroke: paint,
          "stroke-opacity": 0.25, class: "interval" }));
      image.append(svg("circle", { cx: xOf(x).toFixed(1), cy: yOf(y).toFixed(1), r: 3,
        fill: paint, "fill-opacity": 0.6 }));
    }
}

/** @param {Series[]} series @returns {HTMLElement} */
function legend(series) {
  const list = element("ul", undefined, "legend");
  for (const one of series) {
    const item = element("li"), key = element("span", undefined, "key");
    key.style.background = `var(${one.colour})`;
    item.append(key, element("span", one.label));
    list.append(item);
  }
  return list;
}
