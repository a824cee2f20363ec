// What must be on the machine before anything is built. Each function returns a sentence that says what is missing and how to
// get it, or undefined.

import { run } from "./tree.mjs";

export const NODE_LEAST = [20, 17];
export const RUST_LEAST = [1, 95];

export function nodeProblem(version) {
  if (atLeast(version, NODE_LEAST)) return undefined;
  return `Node ${version} is too old: maxsimd needs Node ${NODE_LEAST.join(".")} or newer; install it from https://nodejs.org and run this again.`;
}

export async function rustProblem() {
  for (const tool of ["cargo", "rustc"]) {
    const { code, stdout } = await run(tool, ["--version"]);
    if (code !== 0) {
      return `Rust is missing (${tool} does not run): maxsimd needs Rust ${RUST_LEAST.join(".")} or newer; install it from https://rustup.rs and run this again.`;
    }
    const version = stdout.split(" ")[1] ?? "";
    if (!atLeast(version, RUST_LEAST)) {
      return `Rust is too old (${tool} ${version}): maxsimd needs ${RUST_LEAST.join(".")} or newer; run \`rustup update stable\` and run this again.`;
    }
  }
  return undefined;
}

function atLeast(version, [major, minor]) {
  const [, foundMajor, foundMinor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (foundMajor === undefined) return false;
  return Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor);
}
