// Reads what report/page/pack.py wrote, and what report/page/content.py put together.

/**
 * @typedef {{count: number, constant?: number, type?: string, lowest?: number, fraction?: number,
 *   data?: string, steps?: boolean, name?: string, label?: string, unit?: string}} PackedColumn
 * @typedef {{name: string, label: string, unit: string, values: ArrayLike<number>}} Quantity
 * @typedef {{name: string, label: string, unit: string, range: [number, number]}} Axis
 * @typedef {{shape: [number, number], codes: Uint8Array, rowOf: Int32Array}} Levels
 * @typedef {{size: number, joins: number[], joined: boolean, tiles: string, ring: number,
 *   figures: Record<string, string>, backdrop?: string}} PackedSheet
 * @typedef {{rows: Uint16Array, columns: Uint16Array}} Way
 */

/** @param {string} text Base64. @returns {Uint8Array<ArrayBuffer>} */
function bytesOf(text) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let k = 0; k < raw.length; k++) bytes[k] = raw.charCodeAt(k);
  return bytes;
}

/** @param {string} text @returns {Promise<Uint8Array>} */
async function inflate(text) {
  const bytes = bytesOf(text);
  if (typeof DecompressionStream === "undefined") return inflateAlone(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @param {PackedColumn} column @returns {Promise<Float64Array>} */
async function numbersOf(column) {
  const numbers = new Float64Array(column.count);
  if (column.data === undefined) {
    numbers.fill(column.constant ?? 0);
  } else {
    const bytes = await inflate(column.data);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const lowest = column.lowest ?? 0, fraction = column.fraction ?? 1;
    for (let k = 0; k < column.count; k++) {
      const value = column.type === "u1" ? view.getUint8(k)
        : column.type === "u2" ? view.getUint16(2 * k, true)
          : column.type === "u4" ? view.getUint32(4 * k, true) : view.getFloat32(4 * k, true);
      numbers[k] = (value + lowest) / fraction;
    }
  }
  if (column.steps) for (let k = 1; k < numbers.length; k++) numbers[k] += numbers[k - 1];
  return numbers;
}

/**
 * @param {string} text @param {number} bits Of each code. @param {number} size Codes of a level.
 * @returns {Promise<Uint8Array>} One code per byte.
 */
async function codesOf(text, bits, size) {
  const bytes = await inflate(text);
  const per = 8 / bits, stride = Math.ceil(size / per), mask = (1 << bits) - 1;
  const count = stride ? bytes.length / stride : 0;
  const codes = new Uint8Array(count * size);
  for (let row = 0; row < count; row++)
    for (let k = 0; k < size; k++) {
      const byte = bytes[row * stride + Math.floor(k / per)];
      codes[row * size + k] = (byte >> (bits * (k % per))) & mask;
    }
  return codes;
}

/** @param {number} cell @param {number[]} dims @returns {number[]} A grid's cell along each. */
function indicesOf(cell, dims) {
  const found = [];
  for (let k = dims.length - 1, rest = cell; k >= 0; k--) {
    found.unshift(rest % dims[k]);
    rest = Math.floor(rest / dims[k]);
  }
  return found;
}

/** @param {number} cell @param {number[]} dims @returns {string} How people are told of it. */
function cellName(cell, dims) {
  return dims.length > 1 ? `(${indicesOf(cell, dims).join(", ")})` : String(cell);
}

/** One run, ready to be shown. */
class RunData {
  /** @param {any} content */
  constructor(content) {
    this.content = content;
    /** @type {string} */ this.name = content.name;
    /** @type {Axis[]} */ this.axes = content.measures;
    /** @type {number[]} */ this.dims = content.dims;
    /** @type {number} */ this.cells = content.cells;
    /** @type {number} */ this.evaluations = content.evaluations;
    /** @type {Float64Array} */ this.evaluation = new Float64Array(0);
    /** @type {Float64Array} */ this.cell = new Float64Array(0);
    /** @type {Quantity[]} */ this.quantities = [];
    /** @type {Float64Array | null} Event that each descends from; -1: none. */
    this.parents = null;
    /** @type {Float64Array[]} */ this.predicted = [];
    /** @type {Float64Array[]} Centres of Voronoi cells, along each measure. */
    this.centres = [];
    /** @type {SearchedData | null} */ this.searched = null;
    /** @type {Levels | null} */ this.levels = null;
    /** @type {{shades: Uint8Array, most: Float64Array, top: number} | null} */
    this.occupancy = null;
    /** @type {Map<number, Way[]>} */ this.ways = new Map();
    this.ready = this.read();
  }

  /** How many evaluations entered the archive. */
  get count() {
    return this.evaluation.length;
  }

  /** Whether the archive is a map of cells, or several above each other. */
  get grid() {
    return this.dims.length > 1;
  }

  /** @param {string} name @returns {Quantity | undefined} */
  quantity(name) {
    return this.quantities.find((one) => one.name === name);
  }

  async read() {
    const { content } = this;
    this.evaluation = await numbersOf(content.evaluation);
    this.cell = await numbersOf(content.cell);
    for (const column of content.columns)
      this.quantities.push({ ...column, values: await numbersOf(column) });
    if (content.parents) this.parents = await numbersOf(content.parents);
    for (const column of content.predicted ?? [])
      this.predicted.push(await numbersOf(column));
    for (const column of content.centres ?? []) this.centres.push(await numbersOf(column));
    this.addQuantities();
    if (content.searched) {
      this.searched = new SearchedData(this);
      await this.searched.read(content.searched);
    }
    await this.readLevels();
    await this.readWays();
  }

  addQuantities() {
    this.quantities.push(
      { name: "evaluation", label: "evaluation", unit: "", values: this.evaluation });
    if (!this.predicted.length) return;
    ["objective", ...this.axes.map((axis) => axis.name)].forEach((name, k) => {
      const real = this.quantity(name), guess = this.predicted[k];
      if (!real) return;
      const error = guess.map((value, row) => Math.abs(value - real.values[row]));
      const { label, unit } = real;
      this.quantities.push(
        { name: `error:${name}`, label: `error of predicted ${label}`, unit, values: error });
    });
  }

  async readLevels() {
    const packed = this.content.levels;
    if (!packed) return;
    const size = packed.shape[0] * packed.shape[1];
    const rowOf = new Int32Array(this.count).fill(-1);
    const last = new Map();
    for (let k = 0; k < this.count; k++) last.set(this.cell[k], k);
    const kept = packed.rows === "all" ? Array.from(rowOf.keys()) : [...last.values()];
    kept.sort((a, b) => a - b).forEach((event, row) => { rowOf[event] = row; });
    this.levels = { shape: packed.shape, codes: await codesOf(packed.data, packed.bits, size),
      rowOf };
    const seen = this.content.occupancy;
    if (!seen) return;
    this.occupancy = { shades: await codesOf(seen.data, seen.bits, size),
      most: await numbersOf(seen.most), top: (1 << seen.bits) - 1 };
  }

  async readWays() {
    const packed = this.content.paths;
    if (!packed) return;
    const [of, counts, lengths, rows, columns] = await Promise.all(
      [packed.of, packed.counts, packed.lengths, packed.rows, packed.columns].map(numbersOf));
    let way = 0, step = 0;
    of.forEach((event, k) => {
      const ways = [];
      for (let n = 0; n < counts[k]; n++, way++) {
        const end = step + lengths[way];
        ways.push({ rows: Uint16Array.from(rows.subarray(step, end)),
          columns: Uint16Array.from(columns.subarray(step, end)) });
        step = end;
      }
      this.ways.set(event, ways);
    });
  }

  /** @param {number} at Number of evaluations. @returns {Map<number, number>} Cell -> event. */
  holders(at) {
    const held = new Map();
    for (let k = 0; k < this.count && this.evaluation[k] < at; k++) held.set(this.cell[k], k);
    return held;
  }
}
