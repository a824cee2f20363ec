// `launch.mjs script [arguments]`: makes the clone ready, then runs a built script in a process of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { runMain, setup } from "./setup.mjs";
import { root } from "./tree.mjs";

await runMain(async () => {
  const [script, ...rest] = process.argv.slice(2);
  await setup();
  const child = spawn(process.execPath, [join(root, script), ...rest], { stdio: "inherit" });
  // The script drains and ends, and this process waits for it. A terminal sends Ctrl-C to both, so the script gets it twice,
  // and the second time changes nothing.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  const [code] = await once(child, "close");
  return code ?? 1;
});
