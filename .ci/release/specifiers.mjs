// Imports of a package's inner parts. In the tree they name a workspace; in a package they are paths, so that no package
// manager has to find a package inside another (Deno and Bun do not).

import { posix } from "node:path";

const IMPORT = /(\bfrom\s*|\bimport\s*\(\s*|\brequire\s*\(\s*|\bimport\s+)(["'])([\w@./:-]+)\2/g;

/**
 * The text of a JavaScript or declaration file with its imports changed to paths.
 *
 * @param text the file's text
 * @param path the file's path in its package, with forward slashes
 * @param rules `{ under, imports }`: for files under this folder, the file of the package that each specifier stands for
 */
export function toPaths(text, path, rules) {
  const imports = rules.find(({ under }) => under === "" || path.startsWith(`${under}/`))?.imports ?? {};
  return text.replace(IMPORT, (whole, lead, quote, specifier) => {
    const target = imports[specifier];
    return target === undefined ? whole : `${lead}${quote}${relative(path, target)}${quote}`;
  });
}

/** Every specifier that the text imports and that is not a path. */
export function listPackages(text) {
  const code = text.replace(/\/\*.*?\*\//gs, "").replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(IMPORT)].map(([, , , specifier]) => specifier).filter((name) => !/^[./]/.test(name));
}

function relative(from, to) {
  const path = posix.relative(posix.dirname(from), to);
  return path.startsWith(".") ? path : `./${path}`;
}
