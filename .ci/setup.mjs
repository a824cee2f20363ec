// Makes a clone ready: checks Node and Rust, installs packages, builds the addon and the TypeScript. Skips what is done
// already.

import process from "node:process";
import { fileURLToPath } from "node:url";
import { buildNative } from "./build-native.mjs";
import { install } from "./install.mjs";
import { nodeProblem, rustProblem } from "./requirements.mjs";
import { createProgress } from "./terminal.mjs";
import { run } from "./tree.mjs";

/** Throws an Error whose message says in one sentence what is wrong and how to fix it. */
export async function setup() {
  const problem = nodeProblem(process.versions.node) ?? (await rustProblem());
  if (problem !== undefined) throw new Error(problem);
  await install();
  await buildNative();
  await buildTypes();
}

export async function buildTypes() {
  const progress = createProgress("typescript");
  const { code, stdout, stderr } = await run("tsc", ["-b", "tsconfig.json"]);
  progress.finish("built");
  if (code !== 0) throw new Error(`the TypeScript does not compile:\n${(stdout + stderr).trim()}`);
}

/** Runs `main` and ends the process with its exit code, or with 1 and the error's message. */
export async function runMain(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runMain(setup);
