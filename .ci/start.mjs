// `npm start`: makes the clone ready, then runs the demo in a process of its own.

import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { runMain, setup } from "./setup.mjs";
import { root } from "./tree.mjs";

await runMain(async () => {
  await setup();
  const demo = spawn(process.execPath, [join(root, "bench/dist/demo/main.js"), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  // The terminal sends Ctrl-C to both processes: the demo drains and ends, and this one waits for it. A signal sent to
  // this process alone is passed on.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => demo.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    demo.on("error", reject);
    demo.on("close", (code) => resolve(code ?? 1));
  });
});
