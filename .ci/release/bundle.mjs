// Joins npm packages into one file of a package, with their licences next to it.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { root } from "../tree.mjs";
import { describePackage, renderNotices } from "./notices.mjs";

/**
 * @param bundled `entry`, an ES module as text; `file`, where the result goes in the package
 * @param folder the package's folder
 */
export async function bundle({ entry, file }, folder) {
  const build = await rolldown({
    input: "entry",
    platform: "node",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? join(root, "clients/report/entry.js") : null),
        load: (id) => (id === join(root, "clients/report/entry.js") ? entry : null),
      },
    ],
  });
  const { output } = await build.generate({ format: "es", minify: true, comments: false, codeSplitting: false });
  await build.close();
  const [chunk] = output;
  if (output.length !== 1) throw new Error(`${file}: expected one chunk, got ${output.length}`);
  const target = join(folder, file);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, chunk.code);
  const parts = bundledPackages(chunk.moduleIds);
  const title = `${file.split("/").at(-1)} is these packages, joined into one file.`;
  writeFileSync(join(dirname(target), "THIRD-PARTY-LICENSES.txt"), renderNotices(title, parts));
}

/** The packages that have a module in the chunk. */
export function bundledPackages(moduleIds) {
  const marker = `${join("x", "node_modules", "x").slice(1, -1)}`;
  const folders = moduleIds
    .filter((id) => id.includes(marker))
    .map((id) => {
      const at = id.lastIndexOf(marker) + marker.length;
      const [scope, name] = id.slice(at).split(/[/\\]/);
      return id.slice(0, at) + (scope.startsWith("@") ? join(scope, name) : scope);
    });
  return [...new Set(folders)].sort().map(describePackage);
}
