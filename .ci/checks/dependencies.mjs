// What a user gets with the packages: the licences of all of it, how much there is, and that it is what was reviewed: npm compares
// each package with its checksum in the lock, and none of them needs a script that runs when it is installed.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import satisfies from "spdx-satisfies";
import { PACKAGES, PLATFORMS } from "../release/layout.mjs";
import { linkedCrates } from "../release/notices.mjs";
import { root } from "../tree.mjs";

export const what = "licences, number and checksums of the packages and crates that are needed at run time";
export const fix =
  "do without the new dependency, or change the list or the limit in .ci/checks/dependencies.mjs and say why";

const LICENCES = [
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BSL-1.0",
  "ISC",
  "MIT",
  "Unicode-3.0",
  "Unlicense",
  "Zlib",
];

/**
 * How many other people's packages come with each package, and how many crates are linked into the addon on any platform. They
 * are what there is, and may not grow. Of those of the client, `@grpc/grpc-js` brings all but two, and loads two of them. Of those of the
 * encoder, `onnxruntime-node` brings all but two: its install script uses them, and no other code.
 */
const LIMITS = { "@maxsimd/client": 34, "@maxsimd/encoder": 24, "@maxsimd/server": 64, crates: 83 };

/**
 * protobufjs compares two version numbers when it is installed, and prints a warning. onnxruntime-node fetches libraries for graphics
 * cards. Both work without.
 */
const HARMLESS_SCRIPTS = ["onnxruntime-node", "protobufjs"];

export async function find() {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const problems = [];
  for (const layout of PACKAGES.filter(({ name }) => name in LIMITS)) {
    const workspaces = [layout.manifest, ...layout.joined];
    const installed = closure(lock, workspaces, layout.bundle?.packages ?? []);
    problems.push(...atMost(layout.name, installed.length), ...allowed(installed), ...sealed(installed));
    if (layout.bundle !== undefined) problems.push(...allowed(closure(lock, workspaces, [])));
  }
  const crates = new Map();
  for (const { rust } of PLATFORMS)
    for (const crate of await linkedCrates(rust)) crates.set(`${crate.name} ${crate.version}`, crate);
  return [...new Set([...problems, ...atMost("crates", crates.size), ...allowed([...crates.values()])])];
}

/** The packages that the workspaces need, by the lock. Optional ones are left out: npm chooses among them by the platform. */
function closure(lock, workspaces, without) {
  const found = new Map();
  const visit = (from, entry) => {
    for (const name of Object.keys(entry.dependencies ?? {})) {
      if (without.includes(name)) continue;
      const path = resolve(lock, from, name);
      if (found.has(path)) continue;
      const { link, resolved, version, license, integrity, hasInstallScript } = lock[path];
      // A workspace: it is not other people's, and what it needs counts.
      found.set(path, link ? undefined : { name, version, license, integrity, hasInstallScript });
      visit(link ? resolved : path, link ? lock[resolved] : lock[path]);
    }
  };
  for (const folder of workspaces) visit(folder, lock[folder]);
  return [...found.values()].filter((entry) => entry !== undefined);
}

/** The entry of the lock that Node finds from a folder. */
function resolve(lock, from, name) {
  for (let folder = from; ; folder = folder.replace(/(^|\/)[^/]*$/, "")) {
    const path = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (lock[path] !== undefined) return path;
    if (folder === "") throw new Error(`package-lock.json has no ${name}, which ${from} needs`);
  }
}

function atMost(name, got) {
  return got <= LIMITS[name] ? [] : [`${name}: expected at most ${LIMITS[name]} at run time, got ${got}`];
}

function sealed(parts) {
  return [
    ...parts
      .filter(({ integrity }) => !integrity?.startsWith("sha512-"))
      .map(({ name, integrity }) => `${name}: its checksum in package-lock.json is ${integrity}, expected SHA-512`),
    ...parts
      .filter(({ name, hasInstallScript }) => hasInstallScript && !HARMLESS_SCRIPTS.includes(name))
      .map(({ name }) => `${name}: runs a script when it is installed, expected no such script`),
  ];
}

function allowed(parts) {
  return parts
    .filter(({ license }) => !isAllowed(license ?? ""))
    .map(
      ({ name, version, license }) =>
        `${name} ${version}: its licence is ${license}, expected one of ${LICENCES.join(", ")}`,
    );
}

/** Cargo's older form of a choice is `MIT/Apache-2.0`. An expression that does not parse is not allowed. */
function isAllowed(license) {
  try {
    return satisfies(license.replaceAll("/", " OR ").replaceAll(" WITH LLVM-exception", ""), LICENCES);
  } catch {
    return false;
  }
}
