/** The server as a process of its own, and what makes its searches hang. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** A line of the log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly msg: string };

export interface ServerProcess {
  readonly child: ChildProcess;
  /** Address of the data listener. */
  readonly data: string;
  /** Address of the metrics listener, if there is one. */
  readonly metrics: string;
  /** Every line of standard error so far. */
  readonly lines: readonly string[];
  /** Resolves with the first line, so far or to come, of this message. */
  readonly logged: (msg: string) => Promise<LogLine>;
  /** Resolves with exit code and signal. */
  readonly exited: Promise<[number | null, string | null]>;
}

/** Starts a server in a test, which kills it at its end; resolves when it serves. */
export async function startProcess(args: readonly string[], execArgv: readonly string[] = []): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...execArgv, MAIN, "--port", "0", ...args], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = once(child, "exit") as Promise<[number | null, string | null]>;
  const lines: string[] = [];
  const waiting = new Map<string, (line: LogLine) => void>();
  createInterface({ input: child.stderr }).on("line", (text) => {
    lines.push(text);
    const line = parse(text);
    waiting.get(line?.msg ?? "")?.(line as LogLine);
  });
  const logged = (msg: string): Promise<LogLine> => {
    const present = lines.map(parse).find((line) => line?.msg === msg);
    return present === undefined ? new Promise((resolve) => waiting.set(msg, resolve)) : Promise.resolve(present);
  };
  const { data, metrics } = await logged("serving");
  return { child, data: data as string, metrics: metrics as string, lines, logged, exited };
}

function parse(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}

/** Rows of a query whose search hangs in a process with `hangingSearch`. */
export const HANGING_ROWS = 13;

export interface HangingSearch {
  /** For `startProcess`: arguments of Node. */
  readonly execArgv: readonly string[];
  /** Lets one search that hangs go on. */
  readonly release: () => Promise<void>;
}

/**
 * Makes searches of HANGING_ROWS rows hang in native code, where neither a cancel flag nor `terminate` reaches the thread: they open a FIFO
 * for reading, and the system lets them wait for a writer. It is code that Node loads into each thread before the server's own.
 */
export function hangingSearch(folder: string): HangingSearch {
  const fifo = join(folder, "hang.fifo");
  execFileSync("mkfifo", [fifo]);
  const preload = join(folder, "hang.mjs");
  const searching = new URL("../../native/binding/dist/searching.js", import.meta.url).href;
  writeFileSync(
    preload,
    `import { openSync, closeSync } from "node:fs";
     import { isMainThread } from "node:worker_threads";
     if (!isMainThread) {
       const { Searcher } = await import(${JSON.stringify(searching)});
       const search = Searcher.prototype.searchRaw;
       Searcher.prototype.searchRaw = function (data, dtype, rowCounts, ...rest) {
         if (rowCounts[0] === ${HANGING_ROWS}) closeSync(openSync(${JSON.stringify(fifo)}, "r"));
         return search.call(this, data, dtype, rowCounts, ...rest);
       };
     }`,
  );
  const release = async (): Promise<void> => {
    const writer = createWriteStream(fifo);
    await once(writer, "open");
    writer.destroy();
    await once(writer, "close");
  };
  return { execArgv: ["--import", preload], release };
}
