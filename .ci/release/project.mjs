// A folder of a user's project, in which a rehearsal installs packages and runs them.

import { spawn } from "node:child_process";
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { run } from "../tree.mjs";

const RECORDER = new URL("record-loads.mjs", import.meta.url).href;
const QUIET = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];

export class Project {
  /** The folder. It is outside of the tree, so that nothing of the tree's node_modules is found. */
  folder;
  #started = [];

  constructor(name, npmrc = "") {
    this.folder = mkdtempSync(join(tmpdir(), `maxsimd-${name}-`));
    this.write("package.json", JSON.stringify({ name: "project", private: true, type: "module" }));
    this.write(".npmrc", npmrc);
  }

  write(name, text) {
    writeFileSync(join(this.folder, name), text);
  }

  async install(...packages) {
    await this.must("npm", ["install", ...QUIET, ...packages]);
  }

  /** Every installed package that the packages named brought, uninstalled. Throws if one is left. */
  async uninstall(...packages) {
    await this.must("npm", ["uninstall", ...QUIET, ...packages]);
    const left = this.packages();
    if (left.length > 0) throw new Error(`npm uninstall left ${left.map(({ name }) => name).join(", ")}`);
  }

  /** Name and version of each installed package, by npm's own list. */
  packages() {
    let list;
    try {
      list = JSON.parse(readFileSync(join(this.folder, "node_modules/.package-lock.json"), "utf8")).packages;
    } catch {
      return [];
    }
    return Object.entries(list).map(([path, { version }]) => ({ name: path.split("node_modules/").at(-1), version }));
  }

  /** Bytes of all installed files. */
  size() {
    const sum = (folder) =>
      readdirSync(folder, { withFileTypes: true }).reduce((bytes, entry) => {
        const path = join(folder, entry.name);
        return bytes + (entry.isDirectory() ? sum(path) : lstatSync(path).size);
      }, 0);
    return sum(join(this.folder, "node_modules"));
  }

  /** Runs a command in the folder, with the commands of its packages on PATH; resolves to its standard output. */
  async must(command, args, env = {}) {
    const bin = join(this.folder, "node_modules/.bin");
    const full = command === "maxsimd" ? join(bin, command) : command;
    const { code, stdout, stderr } = await run(full, args, { cwd: this.folder, env });
    if (code === 0) return stdout;
    throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  }

  /** Starts a server; resolves to the address that it printed, and `stop`, which resolves to its exit code after SIGTERM. */
  async serve(args, env = {}) {
    const command = join(this.folder, "node_modules/.bin/maxsimd");
    const child = spawn(command, ["serve", ...args], { cwd: this.folder, env: { ...process.env, ...env } });
    this.#started.push(child);
    const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
    const printed = [];
    const address = await new Promise((resolve, reject) => {
      createInterface({ input: child.stderr }).on("line", (line) => {
        printed.push(line);
        const { data } = line.startsWith("{") ? JSON.parse(line) : {};
        if (typeof data === "string") resolve(data);
      });
      void ended.then((code) => reject(new Error(`maxsimd serve ended with ${code}:\n${printed.join("\n")}`)));
    });
    const stop = () => {
      child.kill("SIGTERM");
      return ended;
    };
    return { address, stop };
  }

  /** The environment of a process whose modules are recorded (see `record-loads.mjs`). */
  recording() {
    return { NODE_OPTIONS: `--import ${RECORDER}`, REHEARSAL_LOADS: join(this.folder, "loads.txt") };
  }

  /** Names of the installed packages of which a process that ran with `recording()` loaded a file. */
  loadedPackages() {
    const urls = readFileSync(join(this.folder, "loads.txt"), "utf8").split("\n");
    const names = urls.map((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(decodeURIComponent(url))?.[1]);
    return [...new Set(names.filter((name) => name !== undefined))].sort();
  }

  delete() {
    for (const child of this.#started) if (child.exitCode === null) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
