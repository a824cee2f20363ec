/** Conversion of binary32 to binary16. Node 20 has no Float16Array, so the conversion works on the bits. */

/** The smallest magnitude that rounds to infinity in binary16: half way between 65504, the largest value, and 65536. */
const OVERFLOW_BITS = 0x477ff000; // 65520
/** 2^-14, the smallest normal binary16. */
const NORMAL_BITS = 0x38800000;
/** 0.5. */
const HALF_BITS = 0x3f000000;

const float = new Float32Array(1);
const bitsOfFloat = new Int32Array(float.buffer);

/**
 * Converts `source` to binary16 bit patterns with IEEE 754 rounding (to nearest, ties to even), subnormals included.
 *
 * @param source binary32 elements
 * @param target receives the bit patterns; at least as long as `source`
 * @returns -1, or the position of the first element that binary16 cannot hold: NaN, infinite, or of a magnitude of 65520
 *   or more. The target's content is then unspecified.
 */
export function float32ToFloat16(source: Float32Array, target: Uint16Array): number {
  // Signed, because V8 would represent unsigned values as doubles, which takes twice the time.
  const bits = new Int32Array(source.buffer, source.byteOffset, source.length);
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i] as number;
    const magnitude = value & 0x7fffffff;
    let half: number;
    if (magnitude >= NORMAL_BITS) {
      if (magnitude >= OVERFLOW_BITS) return i;
      // Rebias the exponent from 127 to 15, then drop 13 bits of the fraction. Adding just under half, plus the bit that
      // becomes the last, rounds a tie to even; a carry runs into the exponent, which is the right result.
      half = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
    } else {
      // Between 0.5 and 1 the neighbours of a binary32 are 2^-24 apart, as those of a subnormal binary16 are. So adding 0.5
      // rounds to a multiple of 2^-24, ties to even; the sum's bits count the multiples.
      float[0] = Math.abs(source[i] as number) + 0.5;
      half = (bitsOfFloat[0] as number) - HALF_BITS;
    }
    target[i] = ((value >>> 16) & 0x8000) | half;
  }
  return -1;
}
