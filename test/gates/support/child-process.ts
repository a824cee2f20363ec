import { spawn } from "node:child_process";
import { once } from "node:events";
import { root } from "../../support/root.js";

/** How a program ended, and what it printed. */
export interface ChildResult {
  readonly code: number;
  readonly output: string;
}

/** Runs a program of this tree with Node to its end, for gates that are the verdict of another program. */
export async function runNode(args: readonly string[]): Promise<ChildResult> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const [code] = await once(child, "close");
  return { code: (code as number | null) ?? 1, output };
}
