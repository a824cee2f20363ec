import { addon } from "./addon.js";
import { badArgument } from "./errors.js";

/** The view of each element type; f16 and bf16 as bit patterns. */
const VIEWS = {
  f16: Uint16Array,
  bf16: Uint16Array,
  f32: Float32Array,
  f64: Float64Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  u64: BigUint64Array,
} as const;

/** Element types of an array file. */
export type NpyDtype = keyof typeof VIEWS;

/** Elements of an array file; f16 and bf16 as bit patterns. */
export type NpyData =
  | Uint16Array
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint32Array
  | BigUint64Array;

/** What an array is. */
export interface ArrayShape {
  /** Length of each axis. */
  shape: number[];
  dtype: NpyDtype;
}

/** An array read whole, row-major. */
export interface NpyArray extends ArrayShape {
  data: NpyData;
}

/**
 * Reads an array, little-endian and in C order: an `.npy` file of version 1.0 to 3.0, or by name from an archive, as
 * `corpus.npz:vectors` and `corpus.safetensors:vectors`. An array that is alone in its archive needs no name.
 *
 * Throws INVALID_INPUT naming the file and the array, or IO.
 */
export function readNpy(name: string): NpyArray {
  const { shape, dtype, data = new Uint8Array() } = addon.readArray(name);
  const View = VIEWS[dtype as NpyDtype];
  return {
    shape,
    dtype: dtype as NpyDtype,
    data: new View(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength / View.BYTES_PER_ELEMENT),
  };
}

/** Shape and element type of an array, named as for {@link readNpy}, without reading its elements. Throws as it does. */
export function arrayShape(name: string): ArrayShape {
  const { shape, dtype } = addon.arrayShape(name);
  return { shape, dtype: dtype as NpyDtype };
}

/** Names of the arrays in an `.npz` or `.safetensors` file; empty for another file. Throws as {@link readNpy}. */
export function arrayNames(path: string): string[] {
  return addon.arrayNames(path);
}

/** Writes an `.npy` file, whole or not at all. A Uint16Array is written as f16. Throws INVALID_PARAMETER or IO. */
export function writeNpy(path: string, data: NpyData, shape: number[]): void {
  const dtype = (Object.keys(VIEWS) as NpyDtype[]).find((name) => data instanceof VIEWS[name]);
  if (dtype === undefined) {
    throw badArgument("INVALID_PARAMETER", "data", "a typed array", Object.prototype.toString.call(data));
  }
  const elements = shape.reduce((product, length) => product * length, 1);
  if (elements !== data.length) {
    throw badArgument("INVALID_PARAMETER", "shape", `a shape of ${data.length} elements`, `[${shape}]`);
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  addon.writeNpyFile(path, dtype, shape, bytes);
}
