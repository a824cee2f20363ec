import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "../../support/root.js";

/** How a program ended, and what it printed. */
export interface ChildResult {
  readonly code: number;
  readonly output: string;
}

/** Runs a program of this tree with Node to its end, for gates that are the verdict of another program. */
export function runNode(args: readonly string[]): Promise<ChildResult> {
  return run(process.execPath, args, root);
}

/** As {@link runNode}, a program of the Rust workspace. */
export function runCargo(args: readonly string[]): Promise<ChildResult> {
  return run("cargo", args, join(root, "native"));
}

async function run(command: string, args: readonly string[], cwd: string): Promise<ChildResult> {
  const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const [code] = await once(child, "close");
  return { code: (code as number | null) ?? 1, output };
}
