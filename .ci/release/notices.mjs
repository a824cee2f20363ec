// The licences of other people's code that is inside a package: crates linked into the addon, packages bundled into a file.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "../tree.mjs";

const LICENCE_FILE = /^(licen[cs]e|copying|notice|unlicense)/i;

/**
 * The crates that are linked into the addon for a target, each `{ name, version, license, folder }`, by name. Crates that only
 * run while it is compiled (build scripts, procedural macros) are not in it.
 */
export async function linkedCrates(target) {
  const native = join(root, "native");
  const filter = ["--filter-platform", target];
  const metadata = await cargo(["metadata", "--locked", "--format-version", "1", ...filter], native);
  const edges = ["-e", "normal,no-proc-macro", "--prefix", "none", "--no-dedupe", "--target", target, "--locked"];
  const tree = await cargo(["tree", "-p", "maxsimd-binding", ...edges], native);
  const linked = new Set(tree.split("\n").map((line) => line.split(" ").slice(0, 2).join(" ")));
  return JSON.parse(metadata)
    .packages.filter(({ name, version, source }) => source !== null && linked.has(`${name} v${version}`))
    .map(({ name, version, license, manifest_path }) => ({ name, version, license, folder: join(manifest_path, "..") }))
    .sort((a, b) => `${a.name} ${a.version}`.localeCompare(`${b.name} ${b.version}`));
}

async function cargo(args, cwd) {
  const { code, stdout, stderr } = await run("cargo", args, { cwd });
  if (code !== 0) throw new Error(`cargo ${args[0]} failed:\n${stderr.trim()}`);
  return stdout;
}

/** The npm package in `folder`, in the form of `linkedCrates`. */
export function describePackage(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return { name, version, license, folder };
}

/** One text with the name, version, licence and licence texts of each part. Equal texts are printed once. */
export function renderNotices(title, parts) {
  const names = new Map();
  const without = [];
  for (const part of parts) {
    const texts = licenceTexts(part.folder);
    if (texts.length === 0) without.push(heading(part));
    for (const text of texts) names.set(text, [...(names.get(text) ?? []), heading(part)]);
  }
  const rule = "-".repeat(80);
  const blocks = [...names].map(([text, headings]) => `${headings.join("\n")}\n${rule}\n${text}`);
  if (without.length > 0)
    blocks.push(`Published without a licence file, under the licence named:\n${without.join("\n")}`);
  return `${title}\n\n${blocks.join(`\n\n${"=".repeat(80)}\n\n`)}\n`;
}

function heading({ name, version, license }) {
  return `${name} ${version} (${license ?? "no licence named"})`;
}

function licenceTexts(folder) {
  if (!existsSync(folder)) throw new Error(`${folder} does not exist: expected the sources of a dependency`);
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && LICENCE_FILE.test(entry.name))
    .map(({ name }) => readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n").trim());
}
