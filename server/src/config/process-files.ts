import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";

/** Most descriptors that the process may have open; Infinity where the system has no file that says so, as Linux does. */
export function descriptorLimit(): number {
  return numberIn("/proc/self/limits", /^Max open files\s+(\d+)/m) ?? Number.POSITIVE_INFINITY;
}

/** Descriptors that the process has open. Rejects if there is none left to read that with. */
export async function openDescriptors(): Promise<number> {
  return (await readdir("/proc/self/fd")).length;
}

/** Memory of the process that is not of files, in bytes; undefined where the system has no file that says so, as Linux does. */
export function anonymousMemory(): number | undefined {
  const kilobytes = numberIn("/proc/self/status", /^RssAnon:\s+(\d+) kB$/m);
  return kilobytes === undefined ? undefined : kilobytes * 1024;
}

function numberIn(path: string, pattern: RegExp): number | undefined {
  try {
    const match = pattern.exec(readFileSync(path, "utf8"));
    return match === null ? undefined : Number(match[1]);
  } catch {
    return undefined;
  }
}
