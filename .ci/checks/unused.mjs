// Dead code in TypeScript: files, exports and dependencies that nothing uses, and what only tests use. Entries: knip.json.

import { report, run } from "../tree.mjs";

export const what = "no file, export or dependency that is unused, or used by tests only";
export const fix = "delete it, or name it in knip.json where a program is started by its file";

export async function find() {
  const flags = ["--no-progress", "--no-config-hints"];
  return [
    ...report(await run("knip", flags), "knip"),
    ...report(await run("knip", [...flags, "--production", "--include", "files,exports,types"]), "knip, without tests"),
  ];
}
