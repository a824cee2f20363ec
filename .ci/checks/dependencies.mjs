// What a user gets with the packages: the licences of all of it, how much there is, and that it is what was reviewed: npm and cargo compare
// each package and crate with its checksum in the lock, all come from the registries, and none of the packages needs a script that runs when
// it is installed. Known vulnerabilities are another matter: their list is not part of the tree.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import satisfies from "spdx-satisfies";
import { PACKAGES, PLATFORMS } from "../release/layout.mjs";
import { linkedCrates } from "../release/notices.mjs";
import { root } from "../tree.mjs";

export const what = "licences, number, sources and checksums of packages and crates, and crates in two versions";
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

const CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index";

/** Crates that are linked in more than one version, because crates of others ask for both. */
const TWICE = ["constant_time_eq", "hashbrown"];

/**
 * protobufjs compares two version numbers when it is installed, and prints a warning. onnxruntime-node fetches libraries for graphics
 * cards. Both work without.
 */
const HARMLESS_SCRIPTS = ["onnxruntime-node", "protobufjs"];

export async function find() {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
  const foreign = [...foreignPackages(lock), ...foreignCrates()];
  // Cargo reads nothing of a lock that was tampered with.
  if (foreign.length > 0) return foreign;
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
  const linked = [...crates.values()];
  return [...new Set([...problems, ...atMost("crates", crates.size), ...allowed(linked), ...twice(linked)])];
}

/** Packages of the lock, of tools as well, that npm would fetch from elsewhere than its registry. */
function foreignPackages(lock) {
  return Object.entries(lock)
    .filter(([path, { link, resolved }]) => path.includes("node_modules/") && !link && resolved !== undefined)
    .map(([path, { resolved }]) => `${path}: comes from ${resolved}, expected npm's registry`);
}

/** Crates of the lock that cargo would fetch from elsewhere than crates.io, or without a checksum. Those of the workspace have no source. */
function foreignCrates() {
  const crates = readFileSync(join(root, "native/Cargo.lock"), "utf8").split("[[package]]").slice(1);
  return crates.flatMap((text) => {
    const field = (name) => new RegExp(`^${name} = "(.*)"$`, "m").exec(text)?.[1];
    const [name, source] = [field("name"), field("source")];
    if (source === undefined) return name.startsWith("maxsimd-") ? [] : [`${name}: has no source, expected crates.io`];
    if (source !== CRATES_IO) return [`${name}: comes from ${source}, expected crates.io`];
    return /^[0-9a-f]{64}$/.test(field("checksum") ?? "") ? [] : [`${name}: has no checksum in native/Cargo.lock`];
  });
}

function twice(crates) {
  const versions = new Map();
  for (const { name, version } of crates) versions.set(name, [...(versions.get(name) ?? []), version]);
  return [...versions]
    .filter(([name, { length }]) => length > 1 && !TWICE.includes(name))
    .map(([name, of]) => `${name}: is linked in the versions ${of.join(" and ")}, expected one`);
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
