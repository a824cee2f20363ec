import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SERVER = fileURLToPath(import.meta.resolve("@maxsimd/server/daemon")).replace("daemon.js", "main.js");

/** A server in a process of its own. */
export class Daemon {
  readonly data: string;
  readonly admin: string;
  /** Lines of its log that say that a version went out of service. */
  outOfService = 0;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;

  private constructor(child: ChildProcess, exited: Promise<unknown[]>, listening: { data: string; admin: string }) {
    this.#child = child;
    this.#exited = exited;
    this.data = listening.data;
    this.admin = listening.admin;
  }

  /** Serves a catalog with two workers. */
  static async start(catalog: string, options: readonly string[]): Promise<Daemon> {
    const args = [SERVER, catalog, "--port", "0", "--admin", "127.0.0.1:0", "--workers", "2", ...options];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    const exited = once(child, "exit");
    let daemon: Daemon | undefined;
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stderr }).on("line", (line) => {
        // A panic of native code has lines of its own.
        const entry = line.startsWith("{")
          ? (JSON.parse(line) as { msg: string; data: string; admin: string })
          : undefined;
        if (entry?.msg === "serving") {
          daemon = new Daemon(child, exited, entry);
          resolve();
        }
        // A panic may have begun the line.
        if (daemon !== undefined && line.includes('"msg":"index out of service"')) daemon.outOfService += 1;
      });
      exited.then(() => reject(new Error("the server has ended")), reject);
    });
    return daemon as unknown as Daemon;
  }

  /** How the process ended, as "exit 1" or "SIGBUS"; undefined while it runs. */
  get end(): string | undefined {
    const { exitCode, signalCode } = this.#child;
    return signalCode ?? (exitCode === null ? undefined : `exit ${exitCode}`);
  }

  /** Stops it; resolves to how it ended. */
  async stop(): Promise<string> {
    this.#child.kill("SIGTERM");
    await this.#exited;
    return this.end ?? "";
  }
}
