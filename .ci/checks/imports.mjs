// Import directions between and inside packages, by the rules of .dependency-cruiser.mjs.

import { listFiles, report, run } from "../tree.mjs";

export const what = "imports go only in the allowed directions, without cycles";
export const fix =
  "move the code to a part that may import what it needs, or pass it in; the directions stand in .dependency-cruiser.mjs";

export async function find() {
  const sources = (await listFiles()).filter((path) => /\.ts$/.test(path) && !/\.d\.ts$/.test(path));
  if (sources.length === 0) return ["no source file was found"];
  return report(
    await run("depcruise", ["--config", ".dependency-cruiser.mjs", "--output-type", "err-long", ...sources]),
  );
}
