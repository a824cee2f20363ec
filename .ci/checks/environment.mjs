// Each program reads its environment and its command line in one place, and passes values on from there.

import { readFiles } from "../tree.mjs";

export const what = "process.env and process.argv are read in a program's configuration only";
export const fix = "read it in server/src/config (or the command's config) and pass the value on";

const HOMES = [
  /^server\/src\/config\//,
  /^clients\/cli\/src\/(main|config)\.ts$/,
  /^(bench|test|\.ci)\//,
  /\.test\.ts$/,
];

export async function find() {
  const sources = await readFiles(/\.(ts|mjs|js)$/);
  return sources
    .filter(({ path }) => !HOMES.some((home) => home.test(path)))
    .flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, index) => {
        const found = /process\.(env|argv)\b/.exec(line.replace(/\/\/.*$|^\s*\*.*$/, ""));
        return found === null ? [] : [`${path}:${index + 1}: ${found[0]}`];
      }),
    );
}
