import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { root } from "../root.js";
import type { Change } from "./change.js";

/** What the process says of a change that is durable; which of the fields are there depends on the kind. */
export interface Answer {
  readonly version?: string;
  readonly added?: number;
  readonly deleted?: number;
}

/** A process that changes a collection, and that can be killed. */
export class Writer {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #killed = false;
  #problem: Error | undefined;
  #answer: (answer: Answer | undefined) => void = () => undefined;

  constructor(folder: string) {
    const program = join(root, "test/support/make-changes.mjs");
    const child = spawn(process.execPath, [program, folder], { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    // A change that is sent to a killed process is lost, as it should be.
    child.stdin.on("error", () => undefined);
    createInterface({ input: child.stdout }).on("line", (line) => this.#answer(JSON.parse(line) as Answer));
    this.#ended = new Promise((resolve) => {
      child.on("error", (error) => (this.#problem = error));
      child.on("close", (code, signal) => {
        if (!this.#killed && code !== 0)
          this.#problem ??= new Error(`the writer ended with ${code ?? signal}: ${errors}`);
        this.#answer(undefined);
        resolve();
      });
    });
  }

  /** Lets it make a change. Resolves to undefined if it was killed before it said that the change is made. */
  async make(change: Change): Promise<Answer | undefined> {
    const answered = new Promise<Answer | undefined>((resolve) => (this.#answer = resolve));
    this.#child.stdin?.write(`${JSON.stringify(change)}\n`);
    const answer = await Promise.race([answered, this.#ended.then(() => undefined)]);
    if (answer === undefined && this.#problem !== undefined) throw this.#problem;
    return answer;
  }

  /** Kills it so many milliseconds later, with no chance to tidy up. */
  killAfter(milliseconds: number): void {
    this.#killed = true;
    setTimeout(() => this.#child.kill("SIGKILL"), milliseconds);
  }

  /** Lets it end what it does, or waits until it is killed. */
  async end(): Promise<void> {
    if (!this.#killed) this.#child.stdin?.end();
    await this.#ended;
    if (this.#problem !== undefined) throw this.#problem;
  }
}
