// The TypeScript declarations of the Node addon. While cargo compiles the addon, napi-derive writes one line of JSON for each
// exported item; these lines become native/binding/gen/addon.d.ts.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./tree.mjs";

/** Where napi-derive writes, and beside it the digest of the sources that it read. */
export const TYPE_DEFS = join(root, "native/target/type-defs");
export const DECLARATIONS = "native/binding/gen/addon.d.ts";

const LINES = join(TYPE_DEFS, "maxsimd-binding");
const DIGEST = join(TYPE_DEFS, "sources");

/** Prepares the folder; to be called before cargo builds with NAPI_TYPE_DEF_TMP_FOLDER = TYPE_DEFS. */
export function prepareTypeDefs() {
  mkdirSync(TYPE_DEFS, { recursive: true });
}

/** Records which sources the lines are from, and writes the declarations where they differ. */
export function writeDeclarations() {
  writeFileSync(DIGEST, digestOfSources());
  const path = join(root, DECLARATIONS);
  const text = renderDeclarations();
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
}

/** Whether the addon was built from the present sources. */
export function typeDefsAreCurrent() {
  return existsSync(LINES) && existsSync(DIGEST) && readFileSync(DIGEST, "utf8") === digestOfSources();
}

/** The declarations, from the lines of the last build. */
export function renderDeclarations() {
  if (!existsSync(LINES)) {
    throw new Error(
      "the addon was built without its type definitions; run cargo clean -p maxsimd-binding in native/ and build again",
    );
  }
  const items = readFileSync(LINES, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const rendered = items.map(({ kind, name, js_doc, def }) => {
    if (kind === "fn") return `${js_doc}export declare ${def};`;
    if (kind !== "interface") throw new Error(`${name}: no rule renders an item of kind ${kind}`);
    // With exactOptionalPropertyTypes an optional property would refuse an explicit undefined, which napi accepts.
    const properties = def.replace(/^(\w+\?: .*)$/gm, "$1 | undefined").replace(/^(?=.)/gm, "  ");
    return `${js_doc}export interface ${name} {\n${properties}\n}`;
  });
  const head = "// Written by npm run build:native from native/binding/src; not to be edited.";
  return `${[head, ...rendered].join("\n\n")}\n`;
}

function digestOfSources() {
  const folder = join(root, "native/binding/src");
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest("hex");
}
