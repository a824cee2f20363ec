// The tools that build the addon for other systems, installed in native/target/tools: cargo-zigbuild from crates.io, and zig, the
// C compiler and linker that it calls, from PyPI. Pinned, because a release is made with them.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "../tree.mjs";

const TOOLS = join(root, "native/target/tools");
const ZIGBUILD = "0.24.1";
const ZIGLANG = "0.17.1";

/** Installs what is missing, and resolves to the command that builds like `cargo build`, and the environment that it needs. */
export async function installZigbuild() {
  const python = join(TOOLS, "python");
  const command = join(TOOLS, "bin/cargo-zigbuild");
  if (!existsSync(command)) {
    await must("cargo", ["install", "cargo-zigbuild", "--version", ZIGBUILD, "--locked", "--root", TOOLS]);
  }
  if (!existsSync(join(python, "bin/python"))) await must("python3", ["-m", "venv", python]);
  await must(join(python, "bin/python"), ["-m", "pip", "install", "--quiet", `ziglang==${ZIGLANG}`]);
  return { command, environment: { CARGO_ZIGBUILD_PYTHON_PATH: join(python, "bin/python") } };
}

/** Lets rustup install a target's standard library, unless it is there. */
export async function addTarget(target) {
  await must("rustup", ["target", "add", target]);
}

async function must(command, args) {
  const { code, stderr } = await run(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stderr.trim()}`);
}
