/** Throws if a figure is above its limit. */
export function requireAtMost(what, limit, got) {
  if (got > limit) throw new Error(`${what}: expected at most ${limit}, got ${got}`);
}
