// `npm run build:cross [-- name…]`: builds the addon for the platforms named, or for all that this machine can build, as they are
// published: stripped of debug information, and for Linux against the oldest C library that Node 20 itself runs with.

import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runMain } from "../setup.mjs";
import { root, run } from "../tree.mjs";
import { BUILT } from "./addons.mjs";
import { addTarget, installZigbuild } from "./cross-tools.mjs";
import { GLIBC, PLATFORMS } from "./layout.mjs";

const TARGET_FOLDER = join(root, "native/target/cross");

/** Apple's linker and libraries are on Apple's machines only; from there zig builds for Linux, too. */
function isPossible({ node }) {
  return node.os === "linux" || process.platform === node.os;
}

async function buildFor(platform, { command, environment }) {
  const { name, rust, node } = platform;
  await addTarget(rust);
  const linux = node.os === "linux";
  const target = node.libc === "glibc" ? `${rust}.${GLIBC}` : rust;
  const options = ["--release", "--locked", "-p", "maxsimd-binding", "--target", target];
  const { code } = await run(linux ? command : "cargo", [linux ? "zigbuild" : "build", ...options], {
    cwd: join(root, "native"),
    echo: true,
    env: {
      ...environment,
      CARGO_TARGET_DIR: TARGET_FOLDER,
      CARGO_PROFILE_RELEASE_STRIP: "debuginfo",
      // A library for musl is loaded by a program that has its own C library.
      ...(node.libc === "musl" ? { RUSTFLAGS: "-C target-feature=-crt-static" } : {}),
    },
  });
  if (code !== 0) throw new Error(`the addon does not build for ${name}`);
  mkdirSync(BUILT, { recursive: true });
  const file = linux ? "libmaxsimd_binding.so" : "libmaxsimd_binding.dylib";
  copyFileSync(join(TARGET_FOLDER, rust, "release", file), join(BUILT, `${name}.node`));
  console.log(`${name}: dist/addons/${name}.node`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    const names = process.argv.slice(2);
    const wanted = PLATFORMS.filter((platform) => names.length === 0 || names.includes(platform.name));
    if (wanted.length < names.length) {
      throw new Error(`expected names of ${PLATFORMS.map(({ name }) => name).join(", ")}, got ${names.join(" ")}`);
    }
    const impossible = wanted.filter((platform) => !isPossible(platform)).map(({ name }) => name);
    if (impossible.length > 0) console.log(`left out, as only macOS builds for macOS: ${impossible.join(", ")}`);
    const zigbuild = await installZigbuild();
    for (const platform of wanted.filter(isPossible)) await buildFor(platform, zigbuild);
  });
}
