import { type ChildProcess, spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { root } from "./root.js";

export interface Finished {
  /** Exit code; null when a signal ended the process. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command that runs, in a group of its own: a signal reaches what it started, as Ctrl-C in a terminal does. */
export class Command {
  readonly finished: Promise<Finished>;
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";
  #ended = false;
  #look: () => void = () => undefined;

  /** @param line as in a shell, split at spaces outside of single quotes; the workspace's tools are on PATH, and npm asks no registry */
  constructor(line: string, options: { cwd?: string; env?: Record<string, string> } = {}) {
    const words = line.match(/'[^']*'|\S+/g) ?? [];
    const [program = "", ...args] = words.map((word) => word.replaceAll("'", ""));
    const path = `${join(root, "node_modules/.bin")}${delimiter}${process.env["PATH"] ?? ""}`;
    this.#child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, npm_config_offline: "true", ...options.env, PATH: path },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#look();
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#look();
    });
    this.finished = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code) => {
        this.#ended = true;
        this.#look();
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** Waits until standard error holds a match. @throws when the command ends without one */
  async stderr(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#stderr);
      if (match !== null) return match;
      if (this.#ended) throw new Error(`the command ended without ${pattern}:\n${this.#stdout}\n${this.#stderr}`);
      await new Promise<void>((resolve) => (this.#look = resolve));
    }
  }

  /** Sends a signal to the command and all that it started. */
  signal(name: NodeJS.Signals): void {
    if (!this.#ended && this.#child.pid !== undefined) process.kill(-this.#child.pid, name);
  }
}

/** Runs a command to its end. @throws with all that it printed unless it ends with 0 */
export async function runCommand(
  line: string,
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Finished> {
  const finished = await new Command(line, options).finished;
  if (finished.code !== 0)
    throw new Error(`${line} ended with ${finished.code}:\n${finished.stdout}\n${finished.stderr}`);
  return finished;
}
