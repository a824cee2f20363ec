import type { Session } from "../session.js";

/** Says on standard error that vectors were rounded, unless they were used as they are. */
export function noteRounding({ err }: Session, vectors: string, roundedFrom: unknown): void {
  if (typeof roundedFrom !== "string") return;
  err(`${vectors}: values were rounded from ${roundedFrom} to f16, to the nearest and ties to even`);
}
