// One version: that of package.json in the root. And one list of platforms.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGES, PLATFORMS } from "../release/layout.mjs";
import { root } from "../tree.mjs";

export const what = "one version in every manifest and the changelog, and one list of platforms";
export const fix =
  "write the version of package.json in the root, or the platforms of .ci/release/layout.mjs, in the place named";

export async function find() {
  const { version, workspaces } = JSON.parse(read("package.json"));
  return [
    ...workspaces.flatMap((folder) => inWorkspace(`${folder}/package.json`, version)),
    ...inCargo(version),
    ...inChangelog(version),
    ...inLoader(),
  ];
}

function inWorkspace(path, version) {
  const manifest = JSON.parse(read(path));
  const internal = Object.entries(manifest.dependencies ?? {}).filter(([name]) => name.startsWith("@maxsimd/"));
  const found = [["version", manifest.version], ...internal];
  const problems = found
    .filter(([, value]) => value !== version)
    .map(([key, value]) => `${path}: ${key} is ${value}, expected ${version}`);
  const published = PACKAGES.some(({ manifest: folder }) => path === `${folder}/package.json`);
  const missing = ["description", "keywords", "license"].filter((key) => published && manifest[key] === undefined);
  return [...problems, ...missing.map((key) => `${path}: ${key} is missing`)];
}

function inCargo(version) {
  const [, found] = /\[workspace\.package\]\nversion = "([^"]*)"/.exec(read("native/Cargo.toml")) ?? [];
  return found === version ? [] : [`native/Cargo.toml: version is ${found}, expected ${version}`];
}

/** The changelog's first section is that of the version. */
function inChangelog(version) {
  const [, found] = /^## (\S+?),? /m.exec(read("CHANGELOG.md")) ?? [];
  return found === version ? [] : [`CHANGELOG.md: the first section is ${found}, expected ${version}`];
}

function inLoader() {
  const path = "native/binding/lib/platform.ts";
  const [, list = ""] = /PLATFORMS[^[]*= \[(.*?)\]/s.exec(read(path).replace("readonly string[]", "")) ?? [];
  const found = [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name).join(", ");
  const expected = PLATFORMS.map(({ name }) => name).join(", ");
  return found === expected ? [] : [`${path}: PLATFORMS is ${found}, expected ${expected}`];
}

function read(path) {
  return readFileSync(join(root, path), "utf8");
}
