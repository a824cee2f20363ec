// Builds the Node addon with cargo and puts it where @maxsimd/native loads it from.

import { spawnSync } from "node:child_process";
import { copyFileSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const library = { linux: "libmaxsimd_binding.so", darwin: "libmaxsimd_binding.dylib", win32: "maxsimd_binding.dll" };

export function buildNative() {
  const name = library[process.platform];
  if (name === undefined) throw new Error(`no addon is built for ${process.platform}: expected linux, darwin or win32`);
  const cargo = spawnSync("cargo", ["build", "--release", "--locked", "-p", "maxsimd-binding"], {
    cwd: join(root, "native"),
    stdio: "inherit",
  });
  if (cargo.error)
    throw new Error(`cargo does not run (${cargo.error.message}): install Rust 1.95 or newer with rustup`);
  if (cargo.status !== 0) throw new Error("the addon does not compile: see cargo's messages above");

  const built = join(root, "native/target/release", name);
  const addon = join(root, `native/binding/maxsimd.${process.platform}-${process.arch}.node`);
  if (isCopy(built, addon)) return;
  // By rename: a running process keeps the addon that it has mapped.
  const part = `${addon}.${process.pid}.part`;
  copyFileSync(built, part);
  renameSync(part, addon);
}

function isCopy(built, addon) {
  const from = statSync(built);
  const to = statSync(addon, { throwIfNoEntry: false });
  return to !== undefined && to.size === from.size && to.mtimeMs >= from.mtimeMs;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    buildNative();
  } catch (error) {
    console.error(`build:native: ${error.message}`);
    process.exitCode = 1;
  }
}
