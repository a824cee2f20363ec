import type { ServerProcess } from "./support/server-process.js";

/** A number that a gate measured, and where it has to be. Exactly one of `most` and `least` is set. */
export interface Figure {
  readonly what: string;
  readonly got: number;
  readonly unit?: string;
  readonly most?: number;
  readonly least?: number;
  /** What was counted, as text, if it counts what may not happen; the first few are shown. */
  readonly cases?: readonly string[];
}

/** The figure of something that may not happen. */
export function never(what: string, cases: readonly string[]): Figure {
  return { what, got: cases.length, most: 0, cases: cases.slice(0, 3) };
}

/** A change of the tree that breaks a gate's promise. */
export interface Bug {
  /** What the change does, in a few words. */
  readonly what: string;
  /** The figure that it puts out of its limit. */
  readonly caughtBy: string;
  /** Replacements of text. Each `from` occurs exactly once in its file. */
  readonly edits?: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** npm packages of other versions, by name. */
  readonly packages?: Readonly<Record<string, string>>;
}

/** What a gate gets from the runner. */
export interface GateContext {
  /** A folder of its own, which is removed after the gate. */
  readonly folder: string;
  /** Whether the gate runs with the numbers of the long tier. */
  readonly long: boolean;
  /** How often something is done: as often as given, or a twentieth of that in a quick run. */
  count(often: number): number;
  /** Seed of everything that is random in it. */
  readonly seed: number;
  /** Starts a server, which is killed at the end of the gate if it still runs. */
  serve(args: readonly string[], execArgv?: readonly string[], env?: Record<string, string>): Promise<ServerProcess>;
}

/** A promise of the project, and a measurement that shows whether it is kept. */
export interface Gate {
  readonly id: string;
  /** The promise, in one sentence. */
  readonly promise: string;
  /**
   * `alone`: it measures time, and nothing else runs meanwhile. `lane`: one after the other. `background`: it runs next to the others for as
   * long as it takes, with little load.
   */
  readonly place: "alone" | "lane" | "background";
  readonly bug: Bug;
  /** Resolves to its figures. A rejection fails the gate. */
  run(context: GateContext): Promise<readonly Figure[]>;
}

/** Whether a figure is within its limit. A figure that is not a number is not. */
export function isWithin({ got, most, least }: Figure): boolean {
  return most === undefined ? got >= (least ?? Number.POSITIVE_INFINITY) : got <= most;
}
