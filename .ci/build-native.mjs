// Builds the Node addon with cargo, puts it where @maxsimd/native loads it from, and writes its TypeScript declarations.

import { copyFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { prepareTypeDefs, TYPE_DEFS, writeDeclarations } from "./addon-types.mjs";
import { createProgress } from "./terminal.mjs";
import { root, run } from "./tree.mjs";

const workspace = join(root, "native");
const library = { linux: "libmaxsimd_binding.so", darwin: "libmaxsimd_binding.dylib", win32: "maxsimd_binding.dll" };

export async function buildNative() {
  const name = library[process.platform];
  if (name === undefined) throw new Error(`no addon is built for ${process.platform}: expected linux, darwin or win32`);
  prepareTypeDefs();
  await compile();
  writeDeclarations();
  const built = join(workspace, "target/release", name);
  const addon = join(root, `native/binding/maxsimd.${process.platform}-${process.arch}.node`);
  if (isCopy(built, addon)) return;
  // By rename: a running process keeps the addon that it has mapped.
  const part = `${addon}.${process.pid}.part`;
  copyFileSync(built, part);
  renameSync(part, addon);
}

async function compile() {
  const total = await countCrates();
  const done = new Set();
  const progress = createProgress("native");
  progress.update("cargo build", 0, total);
  const { code } = await run(
    "cargo",
    ["build", "--release", "--locked", "-p", "maxsimd-binding", "--message-format=json-render-diagnostics"],
    {
      cwd: workspace,
      env: { NAPI_TYPE_DEF_TMP_FOLDER: TYPE_DEFS },
      onLine(line) {
        const message = line.startsWith("{") ? JSON.parse(line) : {};
        if (message.reason !== "compiler-artifact" || message.target.kind.includes("custom-build")) return;
        done.add(message.package_id);
        progress.update(message.target.name, Math.min(done.size, total), total);
      },
      onErrorLine(line) {
        // The progress line says these.
        if (/^\s*(Compiling|Downloaded|Downloading|Finished|Updating|Locking|Blocking|Fresh) /.test(line)) return;
        progress.clear();
        process.stderr.write(`${line}\n`);
      },
    },
  );
  progress.clear();
  if (code !== 0) throw new Error("the addon does not compile; fix what cargo reports above and run this again");
  progress.finish(`${total} crates built`);
}

async function countCrates() {
  const tree = await run(
    "cargo",
    ["tree", "--locked", "-p", "maxsimd-binding", "-e", "normal,build", "--prefix", "none", "--no-dedupe"],
    { cwd: workspace },
  );
  if (tree.code !== 0) throw new Error(`cargo cannot read the workspace:\n${tree.stderr.trim()}`);
  return new Set(tree.stdout.split("\n").filter((line) => line !== "")).size;
}

function isCopy(built, addon) {
  const from = statSync(built);
  const to = statSync(addon, { throwIfNoEntry: false });
  return to !== undefined && to.size === from.size && to.mtimeMs >= from.mtimeMs;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await buildNative();
  } catch (error) {
    console.error(`build:native: ${error.message}`);
    process.exitCode = 1;
  }
}
