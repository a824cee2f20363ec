// Which module of a Rust crate uses which, read from the source without a compiler.
//
// In: the .rs files of one crate. Out: for each module, its file and the modules it uses, each with the path that names it.
// 1. Comments and code compiled for tests only are removed.
// 2. Each `use` tree, and each path that begins with crate, self, super or a child module, is made absolute.
// 3. A path belongs to the module that its longest prefix names. A re-export (`pub use`) is followed to where the item is.

/**
 * @param files `{ path, text }` of files; those that are not Rust files of `src` are passed over
 * @param src the crate's source folder, as `native/core/src`
 * @returns a Map from a module's name (`search::refine`, "" for the crate's root) to `{ path, uses }`, where `uses` is a Map from
 *   the name of a module that it uses to a path that names it
 */
export function readModules(files, src) {
  const sources = files.filter(({ path }) => path.startsWith(`${src}/`) && path.endsWith(".rs"));
  const all = new Map(sources.map(({ path, text }) => [nameOf(path, src), { path, text: withoutComments(text) }]));
  const forTests = [...all].flatMap(([name, { text }]) =>
    [...text.matchAll(/#\[cfg\(test\)\]\s*(?:pub )?mod (\w+);/g)].map(([, child]) => join(name, child)),
  );
  const modules = new Map(
    [...all]
      .filter(([name]) => !forTests.includes(name))
      .map(([name, { path, text }]) => [name, { path, text: text.split(/^#\[cfg\(test\)\]\s*mod \w+ \{/m)[0] }]),
  );
  const exported = new Map(
    [...modules].flatMap(([name, { text }]) =>
      useTrees(text, "pub use").map((path) => [join(name, path.at(-1)), absolute(path, name, modules)]),
    ),
  );
  return new Map(
    [...modules].map(([name, { path, text }]) => [name, { path, uses: usesOf(name, text, modules, exported) }]),
  );
}

function usesOf(name, text, modules, exported) {
  const uses = new Map();
  const body = text.replace(/\b(pub )?use [^;]+;/g, "");
  const inline = [...body.matchAll(/(?<![\w:])[a-z_]\w*(?:::\w+)+/g)].map(([path]) => path.split("::"));
  for (const path of [...useTrees(text.replace(/pub use [^;]+;/g, ""), "use"), ...inline]) {
    const used = moduleOf(absolute(path, name, modules), modules, exported);
    if (used !== undefined && used !== name && !uses.has(used)) uses.set(used, path.join("::"));
  }
  return uses;
}

/** The paths of each `use`, braces multiplied out: `use a::{b, c::D as E};` has a::b and a::c::D. */
function useTrees(text, keyword) {
  return [...text.matchAll(new RegExp(`\\b${keyword} ([^;]+);`, "g"))].flatMap(([, tree]) => branches(tree, []));
}

function branches(tree, prefix) {
  const [, head, inner] = /^((?:\w+::)*)(?:\{(.*)\})?/s.exec(tree.trim());
  const withoutName = tree.trim().replace(/\s+as\s+\w+$/, "");
  if (inner === undefined) return [[...prefix, ...withoutName.split("::")]];
  // Commas outside of inner braces.
  const parts = inner.match(/(?:[^,{}]|\{(?:[^{}]|\{[^{}]*\})*\})+/g) ?? [];
  return parts
    .filter((part) => part.trim() !== "")
    .flatMap((part) => branches(part, [...prefix, ...head.split("::").slice(0, -1)]));
}

/** The path from the crate's root, or undefined for what is of another crate. */
function absolute(path, name, modules) {
  const base = name === "" ? [] : name.split("::");
  if (path[0] === "crate") return path.slice(1);
  if (path[0] === "self" || path[0] === "super") {
    const up = path.filter((segment) => segment === "super").length;
    return [...base.slice(0, base.length - up), ...path.filter((segment) => segment !== "self" && segment !== "super")];
  }
  return modules.has(join(name, path[0])) ? [...base, ...path] : undefined;
}

function moduleOf(path, modules, exported) {
  for (let length = path?.length ?? -1; length >= 0; length--) {
    const name = path.slice(0, length).join("::");
    if (!modules.has(name)) continue;
    const source = exported.get(join(name, path[length]));
    return source === undefined ? name : moduleOf([...source, ...path.slice(length + 1)], modules, exported);
  }
  return undefined;
}

function nameOf(path, src) {
  return path
    .slice(src.length + 1)
    .replace(/(^|\/)(mod|lib)\.rs$|\.rs$/, "")
    .replaceAll("/", "::");
}

function join(name, child) {
  return name === "" ? child : `${name}::${child}`;
}

function withoutComments(text) {
  return text.replace(/\/\/.*$/gm, "").replace(/\/\*.*?\*\//gs, "");
}
