// The archive as a picture: a map of cells, or points where it is no map of two measures.

/**
 * @typedef {{left: number, top: number, width: number, height: number}} Box
 * @typedef {RunData | SearchedData} Archive
 */

/** Of what has no value. */
const NO_VALUE = [151, 161, 172];

class ArchiveMap {
  /** @param {HTMLCanvasElement} canvas @param {string[]} colours */
  constructor(canvas, colours) {
    this.canvas = canvas;
    this.colours = colours.map((text) =>
      [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16)));
    /** @type {Box} */ this.box = { left: 0, top: 0, width: 1, height: 1 };
    /** @type {Archive | null} */ this.run = null;
    /** @type {Map<number, number>} */ this.held = new Map();
    /** @type {number[]} Measures to the right and up. */ this.pair = [0, 1];
    this.voronoi = new Voronoi();
    /** @type {{at: (event: number) => [number, number], x: Axis, y: Axis} | null} */
    this.points = null;
    this.low = 0;
    this.high = 1;
  }

  /** @param {number} value @returns {number[]} Red, green, blue. */
  colour(value) {
    const share = this.high > this.low ? (value - this.low) / (this.high - this.low) : 0.5;
    const place = Math.round(Math.min(1, Math.max(0, share)) * (this.colours.length - 1));
    return Number.isFinite(value) ? this.colours[place] : NO_VALUE;
  }

  /**
   * @param {Archive} run @param {Map<number, number>} held Cell -> event.
   * @param {ArrayLike<number>} values Of events. @param {boolean} predicted Where the surrogate
   *   puts each. @param {number} cell Chosen; -1 for none. @param {number[]} pair Measures.
   */
  draw(run, held, values, predicted, cell, pair) {
    this.run = run;
    this.pair = pair;
    const cells = !predicted && (run.grid || run.centres.length === 2);
    this.held = cells && run.dims.length > 2 ? this.best(run, held) : held;
    this.points = cells ? null : this.places(predicted);
    const density = globalThis.devicePixelRatio || 1;
    const wide = this.canvas.clientWidth, high = this.canvas.clientHeight;
    this.canvas.width = Math.round(wide * density);
    this.canvas.height = Math.round(high * density);
    const pen = penOf(this.canvas);
    pen.scale(density, density);
    this.box = { left: 52, top: 8, width: wide - 62, height: high - 48 };
    const { left, top, width, height } = this.box;
    pen.fillStyle = themed("--empty");
    pen.fillRect(left, top, width, height);
    const coloured = (/** @type {number} */ event) => this.colour(values[event]);
    if (this.points) this.drawPoints(pen, values);
    else if (run.grid) this.drawCells(pen, run, values);
    else this.voronoi.draw(pen, this.box, run, this.held, coloured);
    const axes = this.points ?? { x: run.axes[pair[0]], y: run.axes[pair[1]] };
    this.drawAxes(pen, axes.x, axes.y);
    this.mark(pen, cell);
  }

  /** Of the cells that lie above each other in this view, those with the best objective.
   * @param {Archive} run @param {Map<number, number>} held @returns {Map<number, number>} */
  best(run, held) {
    const objective = run.quantity("objective")?.values ?? [];
    /** @type {Map<number, number>} */ const cells = new Map();
    for (const [cell, event] of held) {
      const [x, y] = this.indices(cell), place = x * run.dims[this.pair[1]] + y;
      const before = held.get(cells.get(place) ?? -1);
      if (before === undefined || objective[event] > objective[before]) cells.set(place, cell);
    }
    return new Map(Array.from(cells.values(), (cell) => [cell, held.get(cell) ?? -1]));
  }

  /** @param {number} cell Of a grid. @returns {[number, number]} To the right, and up. */
  indices(cell) {
    const { dims } = /** @type {Archive} */ (this.run);
    if (dims.length === 2) return [Math.floor(cell / dims[1]), cell % dims[1]];
    const all = indicesOf(cell, dims);
    return [all[this.pair[0]], all[this.pair[1]]];
  }

  /** @param {boolean} predicted */
  places(predicted) {
    const run = /** @type {Archive} */ (this.run);
    const own = (/** @type {string} */ name) => run.quantity(name)?.values ?? [];
    const objective = { name: "objective", label: "objective", unit: "",
      range: /** @type {[number, number]} */ (spanOf(own("objective"))) };
    const one = run.axes.length < 2;
    const x = run.axes[this.pair[0]], y = one ? objective : run.axes[this.pair[1]];
    const xs = predicted ? run.predicted[1 + this.pair[0]] : own(x.name);
    const ys = predicted ? run.predicted[one ? 0 : 1 + this.pair[1]] : own(y.name);
    return { x, y, at: (/** @type {number} */ event) =>
      /** @type {[number, number]} */ ([xs[event], ys[event]]) };
  }

  /** @param {CanvasRenderingContext2D} pen @param {Archive} run
   * @param {ArrayLike<number>} values */
  drawCells(pen, run, values) {
    const [columns, rows] = this.pair.map((k) => run.dims[k]);
    const small = canvasOf(columns, rows), inner = penOf(small);
    const image = inner.createImageData(columns, rows);
    for (const [cell, event] of this.held) {
      const [x, y] = this.indices(cell), place = 4 * ((rows - 1 - y) * columns + x);
      const [red, green, blue] = this.colour(values[event]);
      image.data.set([red, green, blue, 255], place);
    }
    inner.putImageData(image, 0, 0);
    pen.imageSmoothingEnabled = false;
    const { left, top, width, height } = this.box;
    pen.drawImage(small, left, top, width, height);
  }

  /** @param {CanvasRenderingContext2D} pen @param {ArrayLike<number>} values */
  drawPoints(pen, values) {
    const size = this.held.size > 4000 ? 2 : this.held.size > 500 ? 4 : 7;
    for (const event of this.held.values()) {
      const [x, y] = this.pointOf(event);
      pen.fillStyle = `rgb(${this.colour(values[event]).join(",")})`;
      pen.fillRect(x - size / 2, y - size / 2, size, size);
    }
  }

  /** @param {number} event @returns {[number, number]} Where a point is drawn. */
  pointOf(event) {
    if (!this.points) return [0, 0];
    const { x, y, at } = this.points, place = at(event), { left, top, width, height } = this.box;
    const share = (/** @type {number} */ value, /** @type {Axis} */ axis) =>
      Math.min(1, Math.max(0, (value - axis.range[0]) / (axis.range[1] - axis.range[0] || 1)));
    return [left + width * share(place[0], x), top + height * (1 - share(place[1], y))];
  }

  /** @param {CanvasRenderingContext2D} pen @param {Axis} x @param {Axis} y */
  drawAxes(pen, x, y) {
    const { left, top, width, height } = this.box;
    pen.fillStyle = pen.strokeStyle = themed("--muted");
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = "center";
    for (const value of ticks(x.range[0], x.range[1], Math.min(8, width / 70))) {
      const at = left + (width * (value - x.range[0])) / (x.range[1] - x.range[0]);
      pen.fillRect(at - 0.5, top + height, 1, 4);
      pen.fillText(shown(value), at, top + height + 17);
    }
    pen.textAlign = "right";
    for (const value of ticks(y.range[0], y.range[1], Math.min(8, height / 45))) {
      const at = top + height * (1 - (value - y.range[0]) / (y.range[1] - y.range[0] || 1));
      pen.fillRect(left - 4, at - 0.5, 4, 1);
      pen.fillText(shown(value), left - 7, at + 4);
    }
    pen.textAlign = "center";
    pen.fillStyle = themed("--ink");
    pen.fillText(labelled(x), left + width / 2, top + height + 34);
    pen.save();
    pen.translate(12, top + height / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(labelled(y), 0, 0);
    pen.restore();
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} cell */
  mark(pen, cell) {
    const place = cell < 0 ? null : this.placeOf(cell);
    if (!place) return;
    const [x, y, wide, high] = place;
    const grow = 3 + Math.max(0, (8 - Math.min(wide, high)) / 2);
    for (const [colour, thick] of [[themed("--paper"), 5], [themed("--mark"), 2.5]]) {
      pen.strokeStyle = String(colour);
      pen.lineWidth = Number(thick);
      pen.strokeRect(x - grow, y - grow, wide + 2 * grow, high + 2 * grow);
    }
  }

  /** @param {number} cell @returns {[number, number, number, number] | null} */
  placeOf(cell) {
    const run = /** @type {Archive} */ (this.run), { left, top, width, height } = this.box;
    if (this.points) {
      const event = this.held.get(cell);
      if (event === undefined) return null;
      const [x, y] = this.pointOf(event);
      return [x - 3, y - 3, 6, 6];
    }
    if (!run.grid) {
      const [across, up] = run.axes.map((axis, k) =>
        (run.centres[k][cell] - axis.range[0]) / (axis.range[1] - axis.range[0]));
      return [left + across * width - 3, top + (1 - up) * height - 3, 6, 6];
    }
    const [columns, rows] = this.pair.map((k) => run.dims[k]), [x, y] = this.indices(cell);
    const wide = width / columns, high = height / rows;
    return [left + x * wide, top + (rows - 1 - y) * high, wide, high];
  }

  /** The occupied cell nearest to a pixel of the canvas; -1 if there is none within reach.
   * @param {number} x @param {number} y @param {number} reach Pixels. @returns {number} */
  cellAt(x, y, reach) {
    if (!this.points && !this.run?.grid) {
      const cell = this.voronoi.cellAt(x - this.box.left, y - this.box.top);
      if (this.held.has(cell)) return cell;
    }
    let best = -1, nearest = reach * reach;
    for (const cell of this.held.keys()) {
      const [left, top, wide, high] = this.placeOf(cell) ?? [0, 0, 0, 0];
      const dx = Math.max(left - x, 0, x - left - wide), dy = Math.max(top - y, 0, y - top - high);
      if (dx * dx + dy * dy < nearest) {
        nearest = dx * dx + dy * dy;
        best = cell;
      }
    }
    return best;
  }

  /** The next occupied cell in a direction. @param {number} cell @param {number} dx
   * @param {number} dy @returns {number} The cell itself if there is none. */
  beside(cell, dx, dy) {
    const from = this.placeOf(cell);
    if (!from) return this.held.keys().next().value ?? -1;
    let best = cell, nearest = Infinity;
    for (const other of this.held.keys()) {
      const [x, y] = this.placeOf(other) ?? from;
      const along = (x - from[0]) * dx + (y - from[1]) * dy;
      const across = Math.abs((x - from[0]) * dy) + Math.abs((y - from[1]) * dx);
      const far = along + 3 * across;
      if (along > 0.5 && far < nearest) {
        nearest = far;
        best = other;
      }
    }
    return best;
  }
}

/** @param {ArrayLike<number>} values @returns {[number, number]} Least and largest finite one. */
function spanOf(values) {
  let low = Infinity, high = -Infinity;
  for (let k = 0; k < values.length; k++) {
    const value = values[k];
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}
