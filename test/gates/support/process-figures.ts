import { readdirSync, readFileSync } from "node:fs";

/** What the kernel says of a process. */
export interface ProcessFigures {
  /** Resident memory, in bytes. */
  readonly rss: number;
  /** Resident memory that is not the page of a file, in bytes. */
  readonly anonymous: number;
  readonly threads: number;
  /** Open file descriptors. */
  readonly files: number;
}

export function figuresOf(pid: number): ProcessFigures {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  return {
    rss: 1024 * field("VmRSS"),
    anonymous: 1024 * field("RssAnon"),
    threads: field("Threads"),
    files: readdirSync(`/proc/${pid}/fd`).length,
  };
}
