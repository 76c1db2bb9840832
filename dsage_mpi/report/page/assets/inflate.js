// Inflates zlib data (RFC 1950, RFC 1951), for browsers without DecompressionStream.

/** Bits of a byte string, the lowest of a byte first. */
class BitReader {
  /** @param {Uint8Array} bytes @param {number} at */
  constructor(bytes, at) {
    this.bytes = bytes;
    this.at = at;
    this.held = 0;
    this.count = 0;
  }

  /** @param {number} wanted @returns {number} */
  bits(wanted) {
    while (this.count < wanted) {
      this.held |= this.bytes[this.at++] << this.count;
      this.count += 8;
    }
    const value = this.held & ((1 << wanted) - 1);
    this.held >>>= wanted;
    this.count -= wanted;
    return value;
  }

  /** Drops what is left of the byte. */
  align() {
    this.at -= this.count >> 3;
    this.held = 0;
    this.count = 0;
  }
}

/** A Huffman code: how many codes there are of each length, and symbols in the order of codes. */
class Huffman {
  /** @param {ArrayLike<number>} lengths Of each symbol's code, 0 for none. */
  constructor(lengths) {
    this.counts = new Uint16Array(16);
    for (let k = 0; k < lengths.length; k++) this.counts[lengths[k]]++;
    this.counts[0] = 0;
    const next = new Uint16Array(17);
    for (let n = 1; n < 16; n++) next[n + 1] = next[n] + this.counts[n];
    this.symbols = new Uint16Array(lengths.length);
    for (let k = 0; k < lengths.length; k++)
      if (lengths[k]) this.symbols[next[lengths[k]]++] = k;
  }

  /** @param {BitReader} reader @returns {number} */
  read(reader) {
    let code = 0, first = 0, index = 0;
    for (let n = 1; n < 16; n++) {
      code |= reader.bits(1);
      const count = this.counts[n];
      if (code - first < count) return this.symbols[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Error("damaged data: no such code");
  }
}

const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67,
  83, 99, 115, 131, 163, 195, 227, 258];
const DISTANCE_BASE = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513,
  769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** @param {number} symbol Of a length, from 0. @returns {number} */
function lengthBits(symbol) {
  return symbol < 8 || symbol === 28 ? 0 : (symbol >> 2) - 1;
}

/** Output that grows. */
class Output {
  constructor() {
    this.bytes = new Uint8Array(1 << 16);
    this.length = 0;
  }

  /** @param {number} more */
  room(more) {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.bytes.length, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** @param {number} distance @param {number} length */
  repeat(distance, length) {
    this.room(length);
    for (let k = 0; k < length; k++, this.length++)
      this.bytes[this.length] = this.bytes[this.length - distance];
  }
}

/** @returns {[Huffman, Huffman]} The codes that every inflater knows. */
function fixedCodes() {
  const lengths = new Uint8Array(288).fill(8);
  lengths.fill(9, 144, 256);
  lengths.fill(7, 256, 280);
  return [new Huffman(lengths), new Huffman(new Uint8Array(30).fill(5))];
}

/** @param {BitReader} reader @returns {[Huffman, Huffman]} The codes that a block begins with. */
function ownCodes(reader) {
  const literals = reader.bits(5) + 257, distances = reader.bits(5) + 1;
  const codes = reader.bits(4) + 4;
  const short = new Uint8Array(19);
  for (let k = 0; k < codes; k++) short[CODE_ORDER[k]] = reader.bits(3);
  const code = new Huffman(short);
  const lengths = new Uint8Array(literals + distances);
  for (let k = 0; k < lengths.length;) {
    const symbol = code.read(reader);
    if (symbol < 16) {
      lengths[k++] = symbol;
      continue;
    }
    const value = symbol === 16 ? lengths[k - 1] : 0;
    let count = symbol === 16 ? 3 + reader.bits(2)
      : symbol === 17 ? 3 + reader.bits(3) : 11 + reader.bits(7);
    while (count-- > 0) lengths[k++] = value;
  }
  return [new Huffman(lengths.subarray(0, literals)), new Huffman(lengths.subarray(literals))];
}

/** @param {BitReader} reader @param {Output} out */
function inflateStored(reader, out) {
  reader.align();
  const { bytes, at } = reader;
  const length = bytes[at] | (bytes[at + 1] << 8);
  out.room(length);
  out.bytes.set(bytes.subarray(at + 4, at + 4 + length), out.length);
  out.length += length;
  reader.at = at + 4 + length;
}

/** @param {BitReader} reader @param {Output} out @param {[Huffman, Huffman]} codes */
function inflateBlock(reader, out, codes) {
  for (;;) {
    const symbol = codes[0].read(reader);
    if (symbol === 256) return;
    if (symbol < 256) {
      out.room(1);
      out.bytes[out.length++] = symbol;
      continue;
    }
    const length = LENGTH_BASE[symbol - 257] + reader.bits(lengthBits(symbol - 257));
    const far = codes[1].read(reader);
    out.repeat(DISTANCE_BASE[far] + reader.bits(far < 4 ? 0 : (far >> 1) - 1), length);
  }
}

/** @param {Uint8Array} bytes zlib data. @returns {Uint8Array} */
function inflateAlone(bytes) {
  const reader = new BitReader(bytes, 2), out = new Output();
  for (let last = 0; !last;) {
    last = reader.bits(1);
    const kind = reader.bits(2);
    if (kind === 0) inflateStored(reader, out);
    else inflateBlock(reader, out, kind === 1 ? fixedCodes() : ownCodes(reader));
  }
  return out.bytes.subarray(0, out.length);
}
