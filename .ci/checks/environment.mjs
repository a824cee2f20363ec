// Each program reads its environment and its command line in one place, and passes values on from there.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listFiles, root } from "../tree.mjs";

export const what = "process.env and process.argv are read in a program's configuration only";
export const fix = "read it in server/src/config (or the command's config) and pass the value on";

const HOMES = [
  /^server\/src\/config\//,
  /^clients\/cli\/src\/(main|config)\.ts$/,
  /^(bench|test|\.ci)\//,
  /\.test\.ts$/,
];

export async function find() {
  const sources = (await listFiles()).filter((path) => /\.(ts|mjs|js)$/.test(path));
  return sources
    .filter((path) => !HOMES.some((home) => home.test(path)))
    .flatMap((path) => {
      const lines = readFileSync(join(root, path), "utf8").split("\n");
      return lines.flatMap((line, index) => {
        const found = /process\.(env|argv)\b/.exec(line.replace(/\/\/.*$|^\s*\*.*$/, ""));
        return found === null ? [] : [`${path}:${index + 1}: ${found[0]}`];
      });
    });
}
