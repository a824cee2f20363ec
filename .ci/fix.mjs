// `npm run fix`: formats everything and generates the code that is generated.

import { join } from "node:path";
import { runPython } from "./python.mjs";
import { runMain } from "./setup.mjs";
import { root, run } from "./tree.mjs";

await runMain(async () => {
  const steps = [
    ["buf", ["format", "--write"], root],
    ["buf", ["generate"], root],
    ["biome", ["check", "--write"], root],
    ["cargo", ["fmt", "--all"], join(root, "native")],
  ];
  let failed = 0;
  for (const [command, args, cwd] of steps) {
    const { code } = await run(command, args, { cwd, echo: true });
    if (code !== 0) failed = 1;
  }
  for (const args of [["generate.py"], ["-m", "ruff", "check", "--fix", "."], ["-m", "ruff", "format", "."]]) {
    const ran = await runPython(args, { echo: true });
    if (ran !== undefined && ran.code !== 0) failed = 1;
  }
  return failed;
});
