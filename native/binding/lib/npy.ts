import { addon } from "./addon.js";
import { callNative, invalidParameter } from "./errors.js";

/** Element types of an array file. */
export type NpyDtype = "f16" | "f32" | "f64" | "i32" | "i64" | "u32" | "u64";

/** Elements of an array file; f16 as bit patterns. */
export type NpyData =
  | Uint16Array
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | Uint32Array
  | BigUint64Array;

/** An array read whole, row-major. */
export interface NpyArray {
  shape: number[];
  dtype: NpyDtype;
  data: NpyData;
}

const VIEWS = {
  f16: Uint16Array,
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  i64: BigInt64Array,
  u32: Uint32Array,
  u64: BigUint64Array,
} as const;

/** Reads an `.npy` file of version 1.0 to 3.0, little-endian, C order. Throws INVALID_INPUT naming the file, or IO. */
export function readNpy(path: string): NpyArray {
  const { shape, dtype, data } = callNative(() => addon.readNpyFile(path));
  const View = VIEWS[dtype as NpyDtype];
  return {
    shape,
    dtype: dtype as NpyDtype,
    data: new View(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / View.BYTES_PER_ELEMENT),
  };
}

/** Writes an `.npy` file, whole or not at all. A Uint16Array is written as f16. Throws INVALID_PARAMETER or IO. */
export function writeNpy(path: string, data: NpyData, shape: number[]): void {
  const dtype = (Object.keys(VIEWS) as NpyDtype[]).find((name) => data instanceof VIEWS[name]);
  if (dtype === undefined) throw invalidParameter("data", "a typed array", Object.prototype.toString.call(data));
  const elements = shape.reduce((product, length) => product * length, 1);
  if (elements !== data.length) throw invalidParameter("shape", `a shape of ${data.length} elements`, `[${shape}]`);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  callNative(() => addon.writeNpyFile(path, dtype, shape, bytes));
}
