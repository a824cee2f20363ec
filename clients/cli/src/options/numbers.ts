import { InvalidArgumentError } from "commander";

/** Parses an integer of at least `least`. */
export function integer(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`expected an integer of at least ${least}`);
    }
    return value;
  };
}

/** Parses integers of at least `least` with commas between them. */
export function integers(least: number): (text: string) => number[] {
  return (text) => text.split(",").map(integer(least));
}

/** Represents null on the command line: commander turns a parser's null into an empty text. */
export type None = "none";

/** Parses a number of at least 0, or `none`. */
export function numberOrNone(text: string): number | None {
  if (text === "none") return text;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('expected a number of at least 0, or "none"');
  }
  return value;
}

/** Parses an integer of at least 1, or `none`. */
export function countOrNone(text: string): number | None {
  return text === "none" ? text : integer(1)(text);
}

/** A half-open range of positions. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Parses `3` (one position) or `3:8` (3 to 7). */
export function range(text: string): Range {
  const parts = /^(\d+)(?::(\d+))?$/.exec(text);
  const from = Number(parts?.[1]);
  const to = parts?.[2] === undefined ? from + 1 : Number(parts[2]);
  if (parts === null || !(to > from))
    throw new InvalidArgumentError("expected a position such as 3, or a range such as 0:10");
  return { from, to };
}
