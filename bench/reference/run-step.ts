import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Results, Specs } from "./steps.js";
import type { Engine } from "./variants.js";

/** How often a step's memory is read. */
const SAMPLE_MS = 20;

/** One of the two engines, and how its steps are started. */
export interface Side {
  readonly engine: Engine;
  /** The program, without step and specification. */
  readonly command: readonly string[];
  /** Changes whenever the results of its steps may change: kept results are valid for one version. */
  readonly version: string;
}

/** The result of a step, and the peak of its process's anonymous memory in bytes. */
export type Measured<Name extends keyof Specs> = (Name extends keyof Results ? Results[Name] : object) & {
  peakAnonymousBytes: number;
};

/**
 * Runs a step in a process of its own. Its result is kept in `folder` and returned again for the same side, specification and
 * inputs, so that a run that was interrupted continues where it stopped.
 */
export async function runStep<Name extends keyof Specs>(
  side: Side,
  step: Name,
  spec: Specs[Name],
  folder: string,
  inputs: string,
): Promise<Measured<Name>> {
  mkdirSync(folder, { recursive: true });
  const specText = JSON.stringify(spec);
  const key = createHash("sha256")
    .update(`${side.version}\n${inputs}\n${step}\n${specText}`)
    .digest("hex")
    .slice(0, 16);
  const kept = join(folder, `${side.engine}-${step}-${key}.json`);
  if (existsSync(kept) && outputs(spec).every((path) => existsSync(path)))
    return JSON.parse(readFileSync(kept, "utf8")) as Measured<Name>;
  const specFile = join(folder, `${side.engine}-${step}-${key}.spec.json`);
  writeFileSync(specFile, specText);
  const { output, peakAnonymousBytes } = await runProcess([...side.command, step, specFile]);
  const result = { ...JSON.parse(output), peakAnonymousBytes } as Measured<Name>;
  writeFileSync(kept, JSON.stringify(result));
  return result;
}

/** The files that a step with this specification writes. */
function outputs(spec: Partial<Specs["build"] & { out: string; points: readonly unknown[] }>): string[] {
  const { index, centroids, assignments, out, points } = spec;
  const found = out === undefined || out.endsWith(".npy") ? out : `${out}-${(points?.length ?? 1) - 1}-ids.npy`;
  return [index, centroids, assignments, found].filter((path) => path !== undefined);
}

async function runProcess(command: readonly string[]): Promise<{ output: string; peakAnonymousBytes: number }> {
  const [program = "", ...rest] = command;
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"] });
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, anonymousBytes(child.pid));
  }, SAMPLE_MS);
  try {
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
    if (code !== 0) throw new Error(`${command.join(" ")} ended with code ${code}: its error is above`);
    // The result is the last line: libraries may print others before it.
    return { output: output.trim().split("\n").at(-1) ?? "", peakAnonymousBytes: peak };
  } finally {
    clearInterval(timer);
  }
}

/** Resident anonymous memory of a process; 0 when it has ended. */
function anonymousBytes(pid: number | undefined): number {
  try {
    return parseAnonymousBytes(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return 0;
  }
}

/** Bytes of `RssAnon` in the text of /proc/<pid>/status; 0 where it is missing, as for a process that has ended. */
export function parseAnonymousBytes(status: string): number {
  return 1024 * Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
}
