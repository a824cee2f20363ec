import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { SearchRequestSchema } from "@maxsimd/proto";
import { root } from "../../support/root.js";
import { DIM, tensorOf } from "./sample-catalog.js";
import { bytesOf } from "./wire-client.js";

/** What a worker ran in one go; times in milliseconds of the epoch. */
export interface LoggedTask {
  readonly began: number;
  readonly ended: number;
  readonly numbers: readonly number[];
}

/** What a server that `log-searches.mjs` watches did with numbered requests. */
export interface SearchLog {
  readonly tasks: readonly LoggedTask[];
  /** When the headers of each request came, by its number, and when the headers of its answer went out unless it ended with an error. */
  readonly arrived: ReadonlyMap<number, { readonly came: number; readonly answered: number | undefined }>;
  /** When the server read that a request was cancelled, by its number. */
  readonly cancelled: ReadonlyMap<number, number>;
}

/** What `serve` needs to make a server write its log to files beginning with a path. */
export function searchLogArguments(path: string): { execArgv: string[]; env: Record<string, string> } {
  return { execArgv: ["--import", join(root, "test/gates/support/log-searches.mjs")], env: { SEARCH_LOG: path } };
}

/** The log of a server, to be read after it has ended. */
export function readSearchLog(path: string): SearchLog {
  const arrived = new Map<number, { came: number; answered: number | undefined }>();
  const cancelled = new Map<number, number>();
  const tasks: LoggedTask[] = [];
  for (const name of readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.`))) {
    for (const line of readFileSync(join(dirname(path), name), "latin1").split("\n")) {
      if (line === "") continue;
      const numbers = JSON.parse(line) as number[];
      if (name.endsWith(".0")) {
        const [number, came, answered, left] = numbers as [
          number,
          number,
          number | null | undefined,
          number | undefined,
        ];
        if (left !== undefined) cancelled.set(number, left);
        arrived.set(number, { came, answered: answered ?? arrived.get(number)?.answered });
      } else {
        tasks.push({ began: numbers[0] as number, ended: numbers[1] as number, numbers: numbers.slice(2) });
      }
    }
  }
  return { tasks, arrived, cancelled };
}

/**
 * A request for a query with a number below 2^20 in its second row: two f16 of 10 bits each, which are so small that they hardly change its
 * scores.
 */
export function numberedRequest(query: Uint8Array, number: number): Buffer {
  const data = Uint8Array.from(query);
  const view = new DataView(data.buffer);
  view.setUint16(DIM * 2, number % 1024, true);
  view.setUint16(DIM * 2 + 2, Math.floor(number / 1024), true);
  return bytesOf(SearchRequestSchema, { query: tensorOf(data) });
}
