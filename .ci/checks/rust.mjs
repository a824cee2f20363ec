// The Rust workspace: format, and clippy with the lint policy of native/Cargo.toml, every warning an error.

import { join } from "node:path";
import { report, root, run } from "../tree.mjs";

export const what = "cargo fmt and clippy, warnings denied";
export const fix = "npm run fix for the format; clippy says the rest (rustup component add rustfmt clippy, if missing)";

export async function find() {
  const cwd = join(root, "native");
  const format = report(await run("cargo", ["fmt", "--all", "--check"], { cwd }), "cargo fmt");
  const clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
  return [...format, ...report(await run("cargo", clippy, { cwd }), "cargo clippy")];
}
