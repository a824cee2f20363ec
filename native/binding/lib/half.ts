const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

/** The nearest f16 of each value, as bit patterns: ties to even, beyond the range to infinity. */
export function toHalf(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) halves[i] = halfBits(values[i] ?? 0);
  return halves;
}

function halfBits(value: number): number {
  floats[0] = value;
  const x = bits[0] ?? 0;
  const sign = (x >>> 16) & 0x8000;
  const magnitude = x & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds to infinity, or is it
  if (magnitude < 0x38800000) {
    // Below 2^-14 an f16 counts in steps of 2^-24.
    const steps = Math.abs(value) * 2 ** 24;
    const floor = Math.floor(steps);
    const rest = steps - floor;
    return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
  }
  // Half a step up, less one for even numbers, then cut: ties to even.
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}
