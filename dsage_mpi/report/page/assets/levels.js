// Draws levels from a sheet of tiles (core/tile_sheets.py), the agent's visits and its ways.

/** @param {string} text A PNG in base64. @returns {Promise<HTMLImageElement>} */
function imageOf(text) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error("a picture of the page is damaged"));
    image.src = `data:image/png;base64,${text}`;
  });
}

/** @param {number} width @param {number} height */
function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @returns {CanvasRenderingContext2D} */
function penOf(canvas) {
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser draws no canvas");
  return pen;
}

const WAY_COLOURS = ["#2e5abe", "#c8286e", "#1d8a5f", "#d07a00", "#7d3fb0"];

class LevelPainter {
  /** @param {RunData} run */
  constructor(run) {
    this.run = run;
    /** @type {PackedSheet} */ this.sheet = run.content.sheet;
    /** @type {HTMLImageElement | null} */ this.tiles = null;
    /** @type {HTMLImageElement | null} */ this.backdrop = null;
    /** @type {Map<number, HTMLImageElement>} */ this.figures = new Map();
    /** @type {Map<number, HTMLImageElement>} */ this.pictures = new Map();
    this.ready = this.load();
  }

  async load() {
    if (!this.sheet) return;
    this.tiles = await imageOf(this.sheet.tiles);
    if (this.sheet.backdrop) this.backdrop = await imageOf(this.sheet.backdrop);
    for (const [code, text] of Object.entries(this.sheet.figures))
      this.figures.set(Number(code), await imageOf(text));
    for (const [event, text] of Object.entries(this.run.content.pictures ?? {}))
      this.pictures.set(Number(event), await imageOf(text));
  }

  /** @param {number} event @returns {boolean} */
  has(event) {
    return this.tiles !== null && (this.run.levels?.rowOf[event] ?? -1) >= 0;
  }

  /** Tiles around a level on each side. */
  get ring() {
    return this.sheet.ring >= 0 ? 1 : 0;
  }

  /** Pixels of a level's picture. @returns {[number, number]} */
  get size() {
    const shape = this.run.levels?.shape ?? [1, 1];
    const side = this.sheet.size;
    return [(shape[1] + 2 * this.ring) * side, (shape[0] + 2 * this.ring) * side];
  }

  /** @param {number} event @returns {HTMLCanvasElement} The level alone. */
  level(event) {
    const picture = this.pictures.get(event);
    if (picture) {
      const shown = canvasOf(picture.naturalWidth, picture.naturalHeight);
      penOf(shown).drawImage(picture, 0, 0);
      return shown;
    }
    const canvas = canvasOf(...this.size), pen = penOf(canvas);
    if (this.backdrop) pen.drawImage(this.backdrop, 0, 0);
    const levels = /** @type {Levels} */ (this.run.levels);
    const [height, width] = levels.shape;
    const from = levels.rowOf[event] * height * width;
    const codes = levels.codes.subarray(from, from + height * width);
    this.drawRing(pen, height, width);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        this.tile(pen, codes[y * width + x], this.joins(codes, y, x, width), x, y);
    if (this.figures.size) this.drawFigures(pen, codes, width);
    return canvas;
  }

  /** @param {Uint8Array} codes @param {number} y @param {number} x @param {number} width */
  joins(codes, y, x, width) {
    if (!this.sheet.joined) return 0;
    const { joins } = this.sheet, own = joins[codes[y * width + x]];
    const up = y > 0 && joins[codes[(y - 1) * width + x]] === own;
    const left = x === 0 || joins[codes[y * width + x - 1]] === own;
    const right = x === width - 1 || joins[codes[y * width + x + 1]] === own;
    return Number(up) + 2 * Number(left) + 4 * Number(right);
  }

  /**
   * @param {CanvasRenderingContext2D} pen @param {number} code @param {number} joins
   * @param {number} x @param {number} y
   */
  tile(pen, code, joins, x, y) {
    const side = this.sheet.size, ring = this.ring;
    pen.drawImage(/** @type {HTMLImageElement} */ (this.tiles), joins * side, code * side, side,
      side, (x + ring) * side, (y + ring) * side, side, side);
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} height @param {number} width */
  drawRing(pen, height, width) {
    if (!this.ring) return;
    for (let y = -1; y <= height; y++)
      for (let x = -1; x <= width; x++)
        if (y < 0 || x < 0 || y === height || x === width) this.tile(pen, this.sheet.ring, 0, x, y);
  }

  /** @param {CanvasRenderingContext2D} pen @param {Uint8Array} codes @param {number} width */
  drawFigures(pen, codes, width) {
    const side = this.sheet.size;
    codes.forEach((code, k) => {
      const figure = this.figures.get(code);
      if (!figure) return;
      const middle = (k % width) * side + side / 2, bottom = (Math.floor(k / width) + 1) * side;
      pen.drawImage(figure, middle - Math.floor(figure.naturalWidth / 2),
        bottom - figure.naturalHeight);
    });
  }

  /** Lays the agent's visits over a level. @param {HTMLCanvasElement} canvas
   * @param {number} event */
  visits(canvas, event) {
    const { occupancy, levels } = this.run;
    if (!occupancy || !levels || levels.rowOf[event] < 0) return;
    const pen = penOf(canvas), [height, width] = levels.shape;
    const from = levels.rowOf[event] * height * width;
    for (let k = 0; k < height * width; k++) {
      const share = occupancy.shades[from + k] / occupancy.top;
      if (!share) continue;
      const [x, y, wide, high] = this.place(canvas, k % width, Math.floor(k / width));
      const red = Math.round(250 - 90 * share), green = Math.round(150 * (1 - share));
      pen.fillStyle = `rgba(${red}, ${green}, 30, ${0.3 + 0.5 * share})`;
      pen.fillRect(x, y, wide, high);
    }
  }

  /** Where a tile is on a picture of any size. @param {HTMLCanvasElement} canvas
   * @param {number} column @param {number} row @returns {[number, number, number, number]} */
  place(canvas, column, row) {
    const shape = this.run.levels?.shape ?? [1, 1], ring = this.ring;
    const wide = canvas.width / (shape[1] + 2 * ring), high = canvas.height / (shape[0] + 2 * ring);
    return [(column + ring) * wide, (row + ring) * high, wide, high];
  }

  /** Draws the first steps of a way. @param {HTMLCanvasElement} canvas @param {Way} way
   * @param {number} number Of the rollout, for the colour. @param {number} steps */
  way(canvas, way, number, steps) {
    const pen = penOf(canvas), count = Math.min(steps, way.rows.length);
    if (!count) return;
    const shift = ((number % 5) - 2) * 0.07;
    const points = Array.from({ length: count }, (_, k) => {
      const [x, y, wide, high] = this.place(canvas, way.columns[k], way.rows[k]);
      return [x + wide * (0.5 + shift), y + high * (0.5 + shift), wide];
    });
    const wide = points[0][2];
    for (const [colour, thick] of [["#ffffff", 0.34], [WAY_COLOURS[number % 5], 0.18]]) {
      pen.strokeStyle = String(colour);
      pen.lineWidth = wide * Number(thick);
      pen.lineJoin = pen.lineCap = "round";
      pen.beginPath();
      points.forEach(([x, y], k) => (k ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.stroke();
    }
    const [x, y] = points[count - 1];
    pen.beginPath();
    pen.arc(x, y, wide * 0.3, 0, 2 * Math.PI);
    pen.fillStyle = WAY_COLOURS[number % 5];
    pen.fill();
  }
}
