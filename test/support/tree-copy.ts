import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "./root.js";

/** A copy of the work tree's files in a folder of its own, to do harm to. Installed packages are shared by links. */
export class TreeCopy {
  readonly folder: string;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "maxsimd-tree-"));
    const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
    for (const path of files.toString().split("\0")) {
      if (path === "" || !existsSync(join(root, path))) continue;
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      cpSync(join(root, path), join(this.folder, path));
    }
    // What the last build of the addon declared, so that a check need not build it again.
    cpSync(join(root, "native/target/type-defs"), join(this.folder, "native/target/type-defs"), { recursive: true });
    this.#linkPackages();
    execFileSync("git", ["init", "--quiet"], { cwd: this.folder });
  }

  /** Links to what is installed, and to the copy's own workspaces in place of the tree's. */
  #linkPackages(): void {
    const modules = join(this.folder, "node_modules");
    mkdirSync(join(modules, "@maxsimd"), { recursive: true });
    for (const name of readdirSync(join(root, "node_modules"))) {
      if (name !== "@maxsimd") symlinkSync(join(root, "node_modules", name), join(modules, name));
    }
    const workspaces = {
      proto: "proto",
      native: "native/binding",
      server: "server",
      client: "clients/typescript",
      report: "clients/report",
      cli: "clients/cli",
      encoder: "clients/encoder",
      bench: "bench",
      test: "test",
    };
    for (const [name, path] of Object.entries(workspaces)) {
      symlinkSync(join("../..", path), join(modules, "@maxsimd", name));
    }
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  remove(path: string): void {
    rmSync(join(this.folder, path));
  }

  /** Runs `npm run check` for the checks named. */
  check(...names: string[]): { code: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [".ci/check.mjs", ...names], {
      cwd: this.folder,
      encoding: "utf8",
    });
    return { code: status, output: stdout + stderr };
  }

  delete(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
