// A file holds one thing. A file longer than this holds several.

import { isGenerated, readFiles } from "../tree.mjs";

const MOST_LINES = 500;

export const what = `source files of at most ${MOST_LINES} lines`;
export const fix = "split the file by what it holds and name each part after that";

export async function find() {
  const sources = await readFiles(/\.(ts|mts|rs|mjs|cjs|js|py|proto)$/);
  return sources
    .filter(({ path }) => !isGenerated(path))
    .map(({ path, text }) => ({ path, lines: countLines(text) }))
    .filter(({ lines }) => lines > MOST_LINES)
    .map(({ path, lines }) => `${path}: expected at most ${MOST_LINES} lines, got ${lines}`);
}

function countLines(text) {
  return text === "" ? 0 : text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}
