// Files and folders named after what they hold.

import { listFiles } from "../tree.mjs";

export const what = "names that say what a file holds";
export const fix = "name the file or folder after the one thing in it; there is no utils, helpers, common or misc";

export async function find() {
  const vague = /(^|\/)(utils?|helpers?|common|misc)(\.[^/]*)?(\/|$)/i;
  return (await listFiles()).filter((path) => vague.test(path)).map((path) => `${path}: the name says nothing`);
}
