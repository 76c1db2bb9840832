// Levels laid out over measure space: one of each region that has any.

class ContactSheet {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    /** @type {{x: number, y: number, width: number, height: number, cell: number}[]} */
    this.placed = [];
  }

  /**
   * @param {RunData} run @param {LevelPainter} painter @param {Map<number, number>} held
   * @param {number} chosen Cell. @param {number[]} pair Measures to the right and up.
   */
  draw(run, painter, held, chosen, pair) {
    this.placed = [];
    if (!painter.tiles || !run.levels) return;
    const density = globalThis.devicePixelRatio || 1, wide = this.canvas.clientWidth;
    const [pixels, lines] = painter.size, flat = pixels / lines;
    const columns = Math.max(2, Math.round(wide / (flat > 2 ? 230 : 92)));
    const width = wide / columns, height = width / flat;
    const rows = Math.max(2, Math.min(10, Math.round((flat > 2 ? 0.5 : 0.6) * columns * flat)));
    this.canvas.style.height = `${rows * height}px`;
    this.canvas.width = Math.round(wide * density);
    this.canvas.height = Math.round(rows * height * density);
    const pen = penOf(this.canvas);
    pen.scale(density, density);
    pen.imageSmoothingQuality = "high";
    for (const [place, [cell, event]] of this.picked(run, painter, held, pair,
      columns, rows)) {
      const x = (place % columns) * width, y = (rows - 1 - Math.floor(place / columns)) * height;
      pen.drawImage(painter.level(event), x + 2, y + 2, width - 4, height - 4);
      this.placed.push({ x, y, width, height, cell });
      if (cell === chosen) {
        pen.strokeStyle = themed("--mark");
        pen.lineWidth = 3;
        pen.strokeRect(x + 2, y + 2, width - 4, height - 4);
      }
    }
  }

  /**
   * The elite nearest to the middle of each region.
   * @param {RunData} run @param {LevelPainter} painter @param {Map<number, number>} held
   * @param {number[]} pair
   * @param {number} columns @param {number} rows @returns {Map<number, [number, number]>}
   */
  picked(run, painter, held, pair, columns, rows) {
    const values = pair.map((k) => run.quantity(run.axes[k].name)?.values ?? []);
    const spans = values.map((column) => this.span(held, column));
    /** @type {Map<number, [number, number]>} */ const best = new Map();
    /** @type {Map<number, number>} */ const nearest = new Map();
    for (const [cell, event] of held) {
      if (!painter.has(event)) continue;
      const [x, y] = [0, 1].map((k) => {
        if (!spans[k]) return 0.5;
        const share = (values[k][event] - spans[k][0]) / (spans[k][1] - spans[k][0] || 1);
        return Math.min(0.999999, Math.max(0, share)) * (k ? rows : columns);
      });
      const place = Math.floor(y) * columns + Math.floor(x);
      const far = Math.hypot((x % 1) - 0.5, (y % 1) - 0.5);
      if (far < (nearest.get(place) ?? Infinity)) {
        nearest.set(place, far);
        best.set(place, [cell, event]);
      }
    }
    return best;
  }

  /** Where elites are. @param {Map<number, number>} held @param {ArrayLike<number>} column
   * @returns {[number, number]} */
  span(held, column) {
    return spanOf(Array.from(held.values(), (event) => column[event]));
  }

  /** @param {number} x @param {number} y @returns {number} Cell; -1 for none. */
  cellAt(x, y) {
    const hit = this.placed.find((one) =>
      x >= one.x && y >= one.y && x < one.x + one.width && y < one.y + one.height);
    return hit ? hit.cell : -1;
  }
}
