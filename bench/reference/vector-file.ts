import { readNpy } from "@maxsimd/native";

/** An f16 `.npy` matrix, whose rows are read as numbers. */
export class VectorFile {
  readonly rows: number;
  readonly dim: number;
  readonly #halves: Uint16Array;

  constructor(path: string) {
    const { shape, dtype, data } = readNpy(path);
    if (dtype !== "f16" || shape.length !== 2)
      throw new Error(`${path}: expected a matrix of f16, got ${dtype} [${shape}]`);
    [this.rows = 0, this.dim = 0] = shape;
    this.#halves = data as Uint16Array;
  }

  /** Rows `first` to `end` (exclusive), row-major. */
  read(first: number, end: number): Float32Array {
    return fromHalves(this.#halves.subarray(first * this.dim, end * this.dim));
  }

  /** All rows, in blocks of `size` rows. */
  *blocks(size = 8192): Generator<{ first: number; values: Float32Array }> {
    for (let first = 0; first < this.rows; first += size) {
      yield { first, values: this.read(first, Math.min(first + size, this.rows)) };
    }
  }
}

/** The number of each bit pattern. A loop: `Float32Array.from` with a function takes ten times as long. */
export function fromHalves(halves: Uint16Array): Float32Array {
  const numbers = new Float32Array(halves.length);
  for (let at = 0; at < halves.length; at++) numbers[at] = HALVES[halves[at] as number] as number;
  return numbers;
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
