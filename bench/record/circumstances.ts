import { spawnSync } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";
import { kernels, version } from "@maxsimd/native";
import type { Circumstances } from "./record.js";

/** What this machine, clone and process are now. @param others versions of other packages that are measured */
export function currentCircumstances(...others: string[]): Circumstances {
  const processors = cpus();
  const changed = say("git", "status", "--porcelain", "--untracked-files=no") === "" ? "" : "+";
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: `${say("git", "rev-parse", "--short=12", "HEAD")}${changed}`,
    machine: `${processors.length} × ${processors[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    system: `${type()} ${release()}`,
    kernels: kernels(),
    node: process.versions.node,
    rustc: say("rustc", "--version").split(" ")[1] ?? "",
    packages: [`maxsimd ${version()}`, ...others].join(", "),
  };
}

/** What a command prints; the empty string where it is missing or fails. */
function say(command: string, ...args: string[]): string {
  return spawnSync(command, args, { encoding: "utf8" }).stdout?.trim() ?? "";
}
