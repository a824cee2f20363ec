// What a package's manifest promises is in its tarball: entries for each way to import, types for each entry, no sources.

import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { run } from "../tree.mjs";
import { STAGED } from "./stage.mjs";

/** Files that no package has: sources, tests, build files. */
const UNSHIPPED = /(^|\/)(src|testing|peer|target)\/|\.(rs|toml|map|tsbuildinfo)$|\.test\.|(?<!\.d)\.ts$/;

/** Packages with types; @maxsimd/client is for `require`, too. */
const TYPED = {
  "@maxsimd/client": "node16",
  "@maxsimd/encoder": "esm-only",
  "@maxsimd/native": "esm-only",
  "@maxsimd/server": "esm-only",
};

/** Throws an Error with all that is wrong with the packed packages. */
export async function checkEntries(packed) {
  const problems = [];
  for (const { name, tarball, files } of packed) {
    problems.push(...files.filter((path) => UNSHIPPED.test(path)).map((path) => `${name}: ${path} is in the package`));
    const folder = join(STAGED, name.slice("@maxsimd/".length));
    const { messages, pkg } = await publint({ pkgDir: folder, strict: true, pack: false });
    problems.push(...messages.map((message) => `${name}: publint: ${formatMessage(message, pkg, { color: false })}`));
    const profile = TYPED[name];
    if (profile !== undefined) problems.push(...(await checkTypes(name, tarball, profile)));
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

async function checkTypes(name, tarball, profile) {
  const { code, stdout, stderr } = await run("attw", [
    tarball,
    "--profile",
    profile,
    "--format",
    "ascii",
    "--no-color",
  ]);
  return code === 0 ? [] : [`${name}: attw:\n${stdout}${stderr}`];
}
