// The work tree that these scripts belong to, its files, and how they run a tool.

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The environment with the workspace's own tools first on PATH, as in an npm script. */
export function toolEnvironment(extra = {}) {
  return { ...process.env, ...extra, PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH ?? ""}` };
}

/**
 * Runs a command to its end and resolves to its exit code (127 if it does not start, 1 if a signal ended it) and what it
 * printed. `echo` shows the output as it comes; `onLine` and `onErrorLine` are called for each line of standard output and error.
 */
export function run(command, args, { cwd = root, env = {}, echo = false, onLine, onErrorLine } = {}) {
  return new Promise((resolve) => {
    const windows = process.platform === "win32";
    const child = spawn(command, args, {
      cwd,
      env: toolEnvironment(env),
      stdio: ["ignore", "pipe", "pipe"],
      shell: windows,
    });
    let stdout = "";
    let stderr = "";
    if (onLine !== undefined) createInterface({ input: child.stdout }).on("line", onLine);
    if (onErrorLine !== undefined) createInterface({ input: child.stderr }).on("line", onErrorLine);
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      if (echo) process.stdout.write(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
      if (echo) process.stderr.write(text);
    });
    child.on("error", (error) => resolve({ code: 127, stdout, stderr: `${stderr}${error.message}` }));
    child.on("close", (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

/** Paths of the files that are or could be committed, relative to the root, with forward slashes. */
export async function listFiles() {
  const { code, stdout, stderr } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
  if (code !== 0) throw new Error(`git ls-files failed: ${stderr.trim()}`);
  return [...new Set(stdout.split("\0"))].filter((path) => path !== "" && existsSync(join(root, path))).sort();
}

/** Path and text of the listed files whose path matches. */
export async function readFiles(pattern) {
  const paths = (await listFiles()).filter((path) => pattern.test(path));
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Whether a generator wrote the file: the rules for hand-written files do not apply to it. */
export function isGenerated(path) {
  return /(^|\/)gen\//.test(path);
}

/** The problems reported by a tool that exits with a code other than 0: all that it printed, as one problem. */
export function report({ code, stdout, stderr }, title) {
  if (code === 0) return [];
  const text = `${stdout}\n${stderr}`.trim();
  const shown = text === "" ? `ended with code ${code}` : text;
  return [title === undefined ? shown : `${title}:\n${shown}`];
}
