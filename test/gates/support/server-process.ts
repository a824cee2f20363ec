import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(import.meta.resolve("@maxsimd/server/daemon")).replace("daemon.js", "main.js");

/** How a server ended: its exit code, or the signal. */
export type Ending = number | string;

/** A server in a process of its own, as an operator runs it. */
export class ServerProcess {
  readonly pid: number;
  /** Milliseconds from its start until it served. */
  readonly readyMs: number;
  readonly data: string;
  readonly admin: string;
  readonly metricsAddress: string;
  /** Every line of its log. */
  readonly lines: readonly string[];
  /** Resolves when it has ended. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;

  private constructor(
    child: ChildProcess,
    ended: Promise<Ending>,
    lines: string[],
    serving: Record<string, string>,
    ms: number,
  ) {
    this.#child = child;
    this.pid = child.pid as number;
    this.ended = ended;
    this.lines = lines;
    this.readyMs = ms;
    this.data = serving["data"] ?? "";
    this.admin = serving["admin"] ?? "";
    this.metricsAddress = serving["metrics"] ?? "";
  }

  /** Resolves when it serves, on ports that the system chose. Rejects with its log if it ends before. */
  static async start(
    args: readonly string[],
    execArgv: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<ServerProcess> {
    const started = performance.now();
    const child = spawn(process.execPath, [...execArgv, MAIN, "--port", "0", ...args], {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...env },
    });
    const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as Ending);
    const lines: string[] = [];
    const serving = await new Promise<Record<string, string>>((resolve, reject) => {
      createInterface({ input: child.stderr }).on("line", (line) => {
        lines.push(line);
        if (line.includes('"msg":"serving"')) resolve(JSON.parse(line) as Record<string, string>);
      });
      ended.then((end) => reject(new Error(`the server ended with ${end}:\n${lines.join("\n")}`)), reject);
    });
    return new ServerProcess(child, ended, lines, serving, performance.now() - started);
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    if (this.isRunning) this.#child.kill(name);
  }

  /** Asks it to stop; resolves to how it ended, and after how many milliseconds. */
  async stop(): Promise<{ ending: Ending; ms: number }> {
    const asked = performance.now();
    this.signal("SIGTERM");
    const ending = await this.ended;
    return { ending, ms: performance.now() - asked };
  }

  /** The sum of a metric over its labels. It must have been started with `--metrics`. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://${this.metricsAddress}/metrics`)).text();
    const found = text.split("\n").filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    if (found.length === 0) throw new Error(`the server has no metric ${name}`);
    return found.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }
}
