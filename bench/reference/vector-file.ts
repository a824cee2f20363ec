import { closeSync, openSync, readSync } from "node:fs";

/** Rows of an f16 `.npy` matrix, read block by block, because the larger corpora do not fit into memory. */
export class VectorFile {
  readonly rows: number;
  readonly dim: number;
  readonly #file: number;
  readonly #start: number;

  constructor(path: string) {
    this.#file = openSync(path, "r");
    const head = Buffer.alloc(12);
    readSync(this.#file, head, 0, 12, 0);
    const long = head[6] !== 1;
    const length = long ? head.readUInt32LE(8) : head.readUInt16LE(8);
    this.#start = (long ? 12 : 10) + length;
    const text = Buffer.alloc(length);
    readSync(this.#file, text, 0, length, this.#start - length);
    const [, rows, dim] = /'shape': \((\d+), (\d+)\)/.exec(text.toString("latin1")) ?? [];
    if (rows === undefined || dim === undefined || !text.includes("'<f2'")) {
      throw new Error(`${path}: expected a matrix of binary16, got the header ${text.toString("latin1").trim()}`);
    }
    this.rows = Number(rows);
    this.dim = Number(dim);
  }

  /** Rows `first` to `end`, as numbers, row-major. */
  read(first: number, end: number): Float32Array {
    const bytes = Buffer.alloc((end - first) * this.dim * 2);
    let got = 0;
    while (got < bytes.length) {
      const more = readSync(this.#file, bytes, got, bytes.length - got, this.#start + first * this.dim * 2 + got);
      if (more === 0) throw new Error(`the vectors end before row ${end}`);
      got += more;
    }
    const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    // `Float32Array.from` with a function would take ten times as long.
    const numbers = new Float32Array(halves.length);
    for (let at = 0; at < halves.length; at++) numbers[at] = HALVES[halves[at] as number] as number;
    return numbers;
  }

  /** All rows, in blocks. */
  *blocks(size = 8192): Generator<{ first: number; values: Float32Array }> {
    for (let first = 0; first < this.rows; first += size) {
      yield { first, values: this.read(first, Math.min(first + size, this.rows)) };
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The number of each bit pattern of binary16. */
const HALVES = Float32Array.from({ length: 65536 }, (_, bits) => fromHalf(bits));

/** The number that a bit pattern of binary16 stands for. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
