// `npm run gates:prove [-- --only ID,…]`: plants the bug of each gate in a copy of the tree, and shows that the gate finds it. Gates run as
// with `--quick`. The machine needs npm's registry for the bug of H1, which is another version of a package.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../support/root.js";
import { TreeCopy } from "../support/tree-copy.js";
import { type Bug, type Gate, isWithin } from "./gate.js";
import { GATES } from "./gates.js";
import type { Verdict } from "./run-gates.js";
import { renderTable } from "./table.js";

const WORKSPACES = [
  "proto",
  "native/binding",
  "server",
  "clients/typescript",
  "clients/report",
  "clients/cli",
  "clients/encoder",
  "bench",
  "test",
];

/** A copy of the tree in which gates run. */
class Proof {
  readonly #copy = new TreeCopy();

  constructor() {
    // What is built goes along, so that a bug costs the compilation of one workspace.
    for (const workspace of WORKSPACES) {
      const dist = join(root, workspace, "dist");
      if (existsSync(dist)) cpSync(dist, join(this.#copy.folder, workspace, "dist"), { recursive: true });
    }
    for (const name of readdirSync(join(root, "native/binding"))) {
      if (name.endsWith(".node")) this.#take(join("native/binding", name));
    }
  }

  /** Runs a gate in the copy with its bug in it; returns whether it failed, and what it says. */
  run({ id, bug }: Gate): { caught: boolean; output: string } {
    const undo = this.#plant(bug);
    try {
      const built = this.#build(bug.edits ?? []);
      if (built !== "") return { caught: false, output: `the tree with the bug does not compile:\n${built}` };
      const main = join(this.#copy.folder, "test/dist/test/gates/main.js");
      const { stdout, stderr } = spawnSync(process.execPath, [main, "--quick", "--only", id, "--json"], {
        encoding: "utf8",
      });
      const [verdict] = JSON.parse(stdout || '{"verdicts":[]}').verdicts as Verdict[];
      if (verdict === undefined) return { caught: false, output: stderr };
      // A gate that could not be measured has caught nothing.
      const figure = verdict.figures.find(({ what }) => what === bug.caughtBy);
      return { caught: figure !== undefined && !isWithin(figure), output: renderTable([verdict]) };
    } finally {
      undo();
    }
  }

  delete(): void {
    this.#copy.delete();
  }

  /** Plants a bug; returns what removes it. */
  #plant({ edits = [], packages = {} }: Bug): () => void {
    const { folder } = this.#copy;
    const files = [...new Set(edits.map(({ file }) => file))];
    for (const { file, from, to } of edits) {
      const parts = readFileSync(join(folder, file), "utf8").split(from);
      if (parts.length !== 2) throw new Error(`${file} has the text to replace ${parts.length - 1} times:\n${from}`);
      this.#copy.write(file, parts.join(to));
    }
    const undoPackages = Object.entries(packages).map(([name, version]) => this.#install(name, version));
    return () => {
      for (const file of files) this.#take(file);
      for (const undo of undoPackages) undo();
      if (files.length > 0) this.#build(edits);
    };
  }

  /** Puts another version of a package in place of the installed one; returns what undoes it. */
  #install(name: string, version: string): () => void {
    const [scope = "", own = ""] = name.split("/");
    const modules = join(this.#copy.folder, "node_modules");
    const elsewhere = join(this.#copy.folder, "other-package");
    mkdirSync(elsewhere, { recursive: true });
    const npm = spawnSync("npm", [
      "install",
      "--ignore-scripts",
      "--no-audit",
      "--prefix",
      elsewhere,
      `${name}@${version}`,
    ]);
    if (npm.status !== 0) throw new Error(`npm cannot install ${name}@${version}:\n${npm.stderr}`);
    const scoped = join(modules, scope);
    rmSync(scoped);
    mkdirSync(scoped);
    for (const other of readdirSync(join(root, "node_modules", scope))) {
      const home = other === own ? join(elsewhere, "node_modules", name) : join(root, "node_modules", scope, other);
      symlinkSync(home, join(scoped, other));
    }
    return () => {
      rmSync(scoped, { recursive: true });
      symlinkSync(join(root, "node_modules", scope), scoped);
    };
  }

  #build(edits: NonNullable<Bug["edits"]>): string {
    const command = edits.some(({ file }) => file.startsWith("native/"))
      ? [process.execPath, ".ci/build-native.mjs"]
      : [join(root, "node_modules/.bin/tsc"), "-b", "tsconfig.json"];
    const [program = "", ...args] = command;
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: this.#copy.folder, encoding: "utf8" });
    return status === 0 ? "" : stdout + stderr || "no output";
  }

  /** Takes a file from the tree as it is. */
  #take(path: string): void {
    cpSync(join(root, path), join(this.#copy.folder, path));
  }
}

const { values } = parseArgs({ options: { only: { type: "string", multiple: true, default: [] } } });
const only = values.only.flatMap((ids) => ids.toUpperCase().split(","));
const proof = new Proof();
let missed = 0;
try {
  for (const gate of GATES.filter(({ id }) => only.length === 0 || only.includes(id))) {
    const { caught, output } = proof.run(gate);
    console.log(`${caught ? "caught" : "MISSED"}  ${gate.id}  ${gate.bug.what}`);
    if (!caught) missed += 1;
    console.log(output.replace(/^/gm, "        "));
  }
} finally {
  proof.delete();
}
console.log(missed === 0 ? "every planted bug was caught" : `${missed} planted bugs were missed`);
process.exitCode = missed === 0 ? 0 : 1;
