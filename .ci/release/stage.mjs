// Lays out each package as it is published, in dist/packages/<name>: built files, a manifest without workspaces in it, README,
// licences.

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, extname, join, relative } from "node:path";
import { root, run } from "../tree.mjs";
import { addonOf, isBuilt } from "./addons.mjs";
import { bundle } from "./bundle.mjs";
import { PACKAGES, PLATFORMS, VERSION_FILE } from "./layout.mjs";
import { linkedCrates, renderNotices } from "./notices.mjs";
import { renderReadme } from "./readme.mjs";
import { listPackages, toPaths } from "./specifiers.mjs";

export const STAGED = join(root, "dist/packages");

/**
 * Lays out all packages, and resolves to their folders in the order in which they are published: each after those that it asks
 * for. `platforms` are those that get a package; without it, all whose library is built.
 */
export async function stageAll({ platforms = PLATFORMS.filter(isBuilt) } = {}) {
  rmSync(STAGED, { recursive: true, force: true });
  const folders = [];
  for (const platform of platforms) folders.push(await stagePlatform(platform));
  for (const layout of PACKAGES) folders.push(await stagePackage(layout));
  return folders;
}

export function readVersion() {
  return readManifest(VERSION_FILE).version;
}

export function platformPackage({ name }) {
  return `@maxsimd/native-${name}`;
}

async function stagePackage(layout) {
  const folder = join(STAGED, layout.name.slice("@maxsimd/".length));
  mkdirSync(folder, { recursive: true });
  for (const copy of layout.copies) copyTree(copy, folder, layout.specifiers);
  if (layout.bundle !== undefined) await bundle(layout.bundle, folder);
  const manifest = publishedManifest(layout);
  // A file of a joined workspace reads its version from the package.json above it.
  for (const workspace of layout.joined) writeInnerManifest(layout, workspace, manifest, folder);
  writeJson(join(folder, "package.json"), manifest);
  writeFileSync(join(folder, "README.md"), renderReadme(readText(`${layout.manifest}/README.md`)));
  copyLegal(folder);
  requireDeclared(folder, manifest);
  return folder;
}

async function stagePlatform(platform) {
  const name = platformPackage(platform);
  const folder = join(STAGED, name.slice("@maxsimd/".length));
  mkdirSync(folder, { recursive: true });
  const addon = join(folder, "maxsimd.node");
  copyFileSync(addonOf(platform), addon);
  await strip(addon, platform);
  const { os, cpu, libc } = platform.node;
  const source = readManifest("native/binding/package.json");
  writeJson(join(folder, "package.json"), {
    name,
    version: readVersion(),
    description: `The native library of @maxsimd/native for ${platform.name}`,
    ...shared(source),
    main: "maxsimd.node",
    files: ["maxsimd.node", "THIRD-PARTY-LICENSES.txt"],
    os: [os],
    cpu: [cpu],
    ...(libc === undefined ? {} : { libc: [libc] }),
  });
  writeFileSync(
    join(folder, "README.md"),
    `# ${name}\n\nThe native library of \`@maxsimd/native\` for ${platform.name}. npm installs it with that package; it has no API of its own.\n`,
  );
  copyLegal(folder);
  const title = `maxsimd.node is linked with these crates, and with Rust's standard library (MIT OR Apache-2.0).`;
  writeFileSync(join(folder, "THIRD-PARTY-LICENSES.txt"), renderNotices(title, await linkedCrates(platform.rust)));
  return folder;
}

/** Debug information is four fifths of the library. Symbol names stay: a crash report needs them. */
async function strip(addon, { node }) {
  if (node.os !== process.platform || node.cpu !== process.arch) return; // built elsewhere, without debug information
  const flag = node.os === "darwin" ? "-S" : "--strip-debug";
  const { code, stderr } = await run("strip", [flag, addon]);
  if (code !== 0) throw new Error(`strip failed, which is part of binutils or Xcode: ${stderr.trim()}`);
}

function publishedManifest(layout) {
  const source = readManifest(`${layout.manifest}/package.json`);
  const joined = layout.joined.map((workspace) => readManifest(`${workspace}/package.json`));
  const inside = [...joined.map(({ name }) => name), layout.name, ...(layout.bundle?.packages ?? [])];
  const dependencies = Object.assign({}, ...[source, ...joined].map((manifest) => manifest.dependencies ?? {}));
  const wanted = Object.entries(dependencies).filter(([name]) => !inside.includes(name));
  const exported = Object.entries(source.exports).filter(([path]) => path !== "./testing");
  return {
    name: layout.name,
    version: readVersion(),
    description: source.description,
    ...shared(source),
    ...(layout.bin === undefined ? {} : { bin: layout.bin }),
    exports: { ...Object.fromEntries(exported), "./package.json": "./package.json" },
    files: [...new Set(layout.copies.map(({ to }) => to.split("/")[0])), ...bundledFolder(layout)].sort(),
    dependencies: Object.fromEntries(wanted.sort(([a], [b]) => a.localeCompare(b))),
    ...(layout.platforms ? { optionalDependencies: platformDependencies() } : {}),
    ...(layout.optional === undefined ? {} : optionalPeers(layout.optional)),
  };
}

function bundledFolder({ bundle: bundled, copies }) {
  const top = bundled?.file.split("/")[0];
  return top === undefined || copies.some(({ to }) => to.split("/")[0] === top) ? [] : [top];
}

function platformDependencies() {
  return Object.fromEntries(PLATFORMS.map((platform) => [platformPackage(platform), readVersion()]));
}

/** npm checks the version of such a package if it is there, and does not install it. */
function optionalPeers(names) {
  const each = (value) => Object.fromEntries(names.map((name) => [name, value]));
  return { peerDependencies: each(readVersion()), peerDependenciesMeta: each({ optional: true }) };
}

/** What all packages have in common. */
function shared({ keywords, type, license, engines }) {
  const { author, repository, bugs, homepage } = readManifest("package.json");
  return JSON.parse(
    JSON.stringify({
      keywords,
      author,
      repository,
      bugs,
      homepage,
      license,
      type,
      engines,
      publishConfig: { access: "public", provenance: true },
    }),
  );
}

function writeInnerManifest({ copies }, workspace, { version, type }, folder) {
  const built = copies.find(({ from, to }) => from === `${workspace}/dist` && to.endsWith("/dist"));
  if (built !== undefined) writeJson(join(folder, dirname(built.to), "package.json"), { private: true, version, type });
}

function copyTree({ from, to, sources, types = false }, folder, rules) {
  const start = join(root, from);
  if (!existsSync(start)) throw new Error(`${from} does not exist: run npm run build first`);
  for (const path of listTree(start)) {
    const name = path === "" ? to : `${to}/${path}`;
    if (!isShipped(path, { sources, types })) continue;
    const target = join(folder, name);
    mkdirSync(dirname(target), { recursive: true });
    if (!/\.(js|d\.ts)$/.test(name)) copyFileSync(join(start, path), target);
    else writeFileSync(target, toPaths(withoutMap(readFileSync(join(start, path), "utf8")), name, rules));
    chmodSync(target, statSync(join(start, path)).mode & 0o111 ? 0o755 : 0o644);
  }
}

/** Sources are not in the package, so the maps that lead to them are not either. */
function withoutMap(text) {
  return text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
}

function isShipped(path, { sources, types }) {
  if (/\.(map|tsbuildinfo)$/.test(path)) return false;
  if (path.endsWith(".d.ts")) return types && hasSource(path, sources);
  return extname(path) !== ".js" || hasSource(path, sources);
}

function hasSource(path, sources) {
  return sources === undefined || existsSync(join(root, sources, path.replace(/(\.d\.ts|\.js)$/, ".ts")));
}

function listTree(start) {
  if (!statSync(start).isDirectory()) return [""];
  return readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(start, join(entry.parentPath ?? entry.path, entry.name)).replaceAll("\\", "/"))
    .sort();
}

function copyLegal(folder) {
  for (const name of ["LICENSE", "CHANGELOG.md"]) copyFileSync(join(root, name), join(folder, name));
}

/** Throws if a file imports a package that the manifest does not name. */
function requireDeclared(folder, { name, dependencies, peerDependencies = {} }) {
  const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
  for (const path of listTree(folder).filter((file) => /\.(js|d\.ts)$/.test(file))) {
    for (const specifier of listPackages(readFileSync(join(folder, path), "utf8"))) {
      const wanted = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
      if (isBuiltin(specifier) || declared.has(wanted)) continue;
      throw new Error(`${name}: ${path} imports ${specifier}, expected one of ${[...declared].join(", ")}`);
    }
  }
}

function readText(path) {
  return readFileSync(join(root, path), "utf8");
}

export function readManifest(path) {
  return JSON.parse(readText(path));
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}
