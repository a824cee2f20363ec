// `npm run release -- --dry-run` rehearses a release. `npm run release` rehearses it and then publishes the packages.

import process from "node:process";
import { runMain, setup } from "../setup.mjs";
import { run } from "../tree.mjs";
import { isBuilt } from "./addons.mjs";
import { PLATFORMS } from "./layout.mjs";
import { packAll } from "./pack.mjs";
import { rehearse } from "./rehearse.mjs";
import { readManifest } from "./stage.mjs";

/** Throws if this tree cannot be released. */
async function requireReady() {
  const problems = [];
  const missing = PLATFORMS.filter((platform) => !isBuilt(platform)).map(({ name }) => name);
  if (missing.length > 0)
    problems.push(`no library in dist/addons for ${missing.join(", ")}: npm run build:cross makes them`);
  const { stdout: changed } = await run("git", ["status", "--porcelain"]);
  if (changed.trim() !== "") problems.push("the work tree has changes that are not committed");
  const { stdout: tags } = await run("git", ["tag", "--points-at", "HEAD"]);
  const { version, repository } = readManifest("package.json");
  if (!tags.split("\n").includes(`v${version}`)) problems.push(`HEAD has no tag v${version}`);
  if (repository === undefined) problems.push("package.json has no repository, which npm's provenance names");
  if (problems.length > 0) throw new Error(`nothing was published:\n${problems.join("\n")}`);
}

async function publish({ name, version, tarball }) {
  const { code, stderr } = await run("npm", ["publish", tarball], { echo: true });
  if (code !== 0) throw new Error(`npm publish ${name}@${version} failed:\n${stderr.trim()}`);
}

await runMain(async () => {
  const flags = process.argv.slice(2);
  const dry = flags.includes("--dry-run");
  const unknown = flags.filter((flag) => flag !== "--dry-run");
  if (unknown.length > 0) throw new Error(`expected --dry-run or nothing, got ${unknown.join(" ")}`);
  if (!dry) await requireReady();
  await setup();
  await rehearse();
  if (dry) return;
  // In the order of packAll: each package after those that it asks for.
  for (const packed of await packAll({ platforms: PLATFORMS })) await publish(packed);
});
