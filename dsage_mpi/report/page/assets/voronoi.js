// Cells around centres: every pixel belongs to the nearest one, distances in units of the ranges.

/** Cells from which on no lines are drawn between them. */
const MOST_OUTLINED = 2000;

class Voronoi {
  constructor() {
    this.width = 0;
    this.height = 0;
    /** @type {Float64Array[]} */ this.centres = [];
    /** @type {Int32Array} Of each pixel, row by row. */ this.cells = new Int32Array(0);
  }

  /**
   * @param {CanvasRenderingContext2D} pen @param {Box} box @param {Archive} run
   * @param {Map<number, number>} held @param {(event: number) => number[]} colour
   */
  draw(pen, box, run, held, colour) {
    const width = Math.max(1, Math.round(box.width)), height = Math.max(1, Math.round(box.height));
    this.lay(width, height, run);
    const small = canvasOf(width, height), inner = penOf(small);
    const image = inner.createImageData(width, height), { cells } = this;
    const outlined = run.cells <= MOST_OUTLINED;
    /** @type {Map<number, number[]>} */ const colours = new Map();
    for (const [cell, event] of held) colours.set(cell, colour(event));
    for (let k = 0; k < cells.length; k++) {
      const line = outlined && (cells[k] !== cells[k + 1] || cells[k] !== cells[k + width]);
      const own = colours.get(cells[k]);
      if (own) image.data.set([own[0], own[1], own[2], line ? 120 : 255], 4 * k);
      else if (line) image.data.set([128, 128, 128, 70], 4 * k);
    }
    inner.putImageData(image, 0, 0);
    pen.drawImage(small, box.left, box.top, box.width, box.height);
  }

  /** @param {number} x @param {number} y Pixels. @returns {number} Cell; -1 outside. */
  cellAt(x, y) {
    const column = Math.floor(x), row = Math.floor(y);
    const inside = column >= 0 && row >= 0 && column < this.width && row < this.height;
    return inside ? this.cells[row * this.width + column] : -1;
  }

  /** Finds the cell of every pixel, unless that is known already.
   * @param {number} width @param {number} height @param {Archive} run */
  lay(width, height, run) {
    if (width === this.width && height === this.height && run.centres === this.centres) return;
    Object.assign(this, { width, height, centres: run.centres });
    const [xs, ys] = run.axes.map((axis, k) => Float64Array.from(run.centres[k], (value) =>
      (value - axis.range[0]) / (axis.range[1] - axis.range[0])));
    const side = Math.max(1, Math.floor(Math.sqrt(xs.length / 2)));
    /** @type {number[][]} */ const buckets = Array.from({ length: side * side }, () => []);
    const bucket = (/** @type {number} */ share) =>
      Math.min(side - 1, Math.max(0, Math.floor(share * side)));
    for (let k = 0; k < xs.length; k++) buckets[bucket(ys[k]) * side + bucket(xs[k])].push(k);
    this.cells = new Int32Array(width * height);
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) {
        const x = (column + 0.5) / width, y = 1 - (row + 0.5) / height;
        this.cells[row * width + column] = nearestOf(x, y, xs, ys, buckets, side);
      }
  }
}

/**
 * The nearest centre: buckets ring by ring, until none further out can hold a nearer one.
 * @param {number} x @param {number} y @param {Float64Array} xs @param {Float64Array} ys
 * @param {number[][]} buckets @param {number} side
 * @returns {number}
 */
function nearestOf(x, y, xs, ys, buckets, side) {
  const column = Math.min(side - 1, Math.floor(x * side));
  const row = Math.min(side - 1, Math.floor(y * side));
  let best = -1, least = Infinity;
  for (let ring = 0; ring <= side; ring++) {
    if (best >= 0 && least < ((ring - 1) / side) ** 2) break;
    for (let r = row - ring; r <= row + ring; r++) {
      if (r < 0 || r >= side) continue;
      const step = Math.abs(r - row) === ring ? 1 : Math.max(1, 2 * ring);
      for (let c = column - ring; c <= column + ring; c += step) {
        if (c < 0 || c >= side) continue;
        for (const k of buckets[r * side + c]) {
          const far = (xs[k] - x) ** 2 + (ys[k] - y) ** 2;
          if (far < least) {
            least = far;
            best = k;
          }
        }
      }
    }
  }
  return best;
}
