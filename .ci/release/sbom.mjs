// `npm run sbom`: writes what the packages contain and depend on, as CycloneDX 1.5, to dist/maxsimd.cdx.json. The npm part comes
// from `npm sbom`, which reads package-lock.json; the crates come from cargo, for this machine's target.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runMain } from "../setup.mjs";
import { root, run } from "../tree.mjs";
import { isHere } from "./addons.mjs";
import { PACKAGES, PLATFORMS } from "./layout.mjs";
import { linkedCrates } from "./notices.mjs";
import { platformPackage, readManifest, readVersion } from "./stage.mjs";

const FILE = join(root, "dist/maxsimd.cdx.json");

await runMain(async () => {
  const workspaces = [...new Set(PACKAGES.flatMap(({ manifest, joined }) => [manifest, ...joined]))];
  const names = workspaces.map((folder) => readManifest(`${folder}/package.json`).name);
  const flags = ["--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"];
  const { code, stdout, stderr } = await run("npm", ["sbom", ...flags, ...names.flatMap((name) => ["-w", name])]);
  if (code !== 0) throw new Error(`npm sbom failed:\n${stderr.trim()}`);
  const bom = JSON.parse(stdout);
  const here = PLATFORMS.find(isHere);
  if (here === undefined)
    throw new Error("there is no package for this machine's platform, so its crates are not known");
  const crates = await linkedCrates(here.rust);
  const library = toLibrary(here);
  bom.components.push(library, ...crates.map(toComponent));
  bom.dependencies.push({
    ref: library["bom-ref"],
    dependsOn: crates.map(({ name, version }) => reference(name, version)),
  });
  mkdirSync(join(FILE, ".."), { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(bom, null, 2)}\n`);
  const packages = bom.components.length - crates.length;
  console.log(`dist/maxsimd.cdx.json: ${packages} npm packages, ${crates.length} crates`);
});

/** The platform's package, which the crates are linked into. */
function toLibrary(platform) {
  const name = platformPackage(platform).replace("@maxsimd/", "");
  const version = readVersion();
  const purl = `pkg:npm/%40maxsimd/${name}@${version}`;
  const { license } = readManifest("package.json");
  return {
    "bom-ref": purl,
    type: "library",
    group: "@maxsimd",
    name,
    version,
    purl,
    licenses: [{ license: { id: license } }],
  };
}

function toComponent({ name, version, license }) {
  return {
    "bom-ref": reference(name, version),
    type: "library",
    name,
    version,
    scope: "required",
    purl: reference(name, version),
    licenses: [{ expression: license.replaceAll("/", " OR ") }],
  };
}

function reference(name, version) {
  return `pkg:cargo/${name}@${version}`;
}
