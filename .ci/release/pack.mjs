// `npm run pack`: makes a tarball of each package, in dist/tarballs. Nothing is published.

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runMain, setup } from "../setup.mjs";
import { root, run } from "../tree.mjs";
import { isBuilt, isHere } from "./addons.mjs";
import { PLATFORMS } from "./layout.mjs";
import { STAGED, stageAll } from "./stage.mjs";

export const TARBALLS = join(root, "dist/tarballs");

/**
 * Lays out and packs every package.
 *
 * @param options `platforms`, as in `stageAll`
 * @returns for each its `name`, `version`, `tarball` (a path), the tarball's `size` and the size of what it unpacks to, in bytes,
 *   and `files`, the paths in it; in the order in which they are published
 */
export async function packAll(options) {
  rmSync(TARBALLS, { recursive: true, force: true });
  mkdirSync(TARBALLS, { recursive: true });
  const folders = await stageAll(options);
  const { code, stdout, stderr } = await run("npm", ["pack", ...folders, "--json", "--pack-destination", TARBALLS], {
    cwd: STAGED,
  });
  if (code !== 0) throw new Error(`npm pack failed:\n${stderr.trim()}`);
  return JSON.parse(stdout).map(({ name, version, filename, size, unpackedSize, files }) => {
    const tarball = join(TARBALLS, tarballName(filename));
    return { name, version, tarball, size, unpackedSize, files: files.map(({ path }) => path) };
  });
}

/** npm 9 prints the name of a scoped package's tarball with the slash that it replaced. */
function tarballName(filename) {
  const name = filename.replace(/^@/, "").replace("/", "-");
  if (!readdirSync(TARBALLS).includes(name)) throw new Error(`npm pack did not write ${name}`);
  return name;
}

export function printPacked(packed) {
  for (const { name, version, size, unpackedSize, files } of packed) {
    console.log(
      `${name.padEnd(34)} ${version}  ${kB(size)} packed  ${kB(unpackedSize)} unpacked  ${files.length} files`,
    );
  }
}

function kB(bytes) {
  return `${Math.round(bytes / 1000).toLocaleString("en")} kB`.padStart(9);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(async () => {
    await setup();
    // npm refuses to install a package of another platform by its file, so there are none.
    printPacked(await packAll({ platforms: PLATFORMS.filter((platform) => isHere(platform) && isBuilt(platform)) }));
    console.log(`in ${TARBALLS}`);
  });
}
