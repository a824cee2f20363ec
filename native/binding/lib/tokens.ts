import { badArgument } from "./errors.js";

/** Token vectors, row-major: f32, or f16 as bit patterns. */
export type Tokens = Float32Array | Uint16Array;

/** The bytes of token vectors, without a copy, and whether they are f16. */
export function tokenBytes(tokens: Tokens): { bytes: Uint8Array; half: boolean } {
  const half = tokens instanceof Uint16Array;
  if (!half && !(tokens instanceof Float32Array)) {
    const expected = "a Float32Array, or a Uint16Array of f16 bit patterns";
    throw badArgument("INVALID_DTYPE", "tokens", expected, Object.prototype.toString.call(tokens));
  }
  return { bytes: new Uint8Array(tokens.buffer, tokens.byteOffset, tokens.byteLength), half };
}
