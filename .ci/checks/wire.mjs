// The wire is a public contract: its style, and what changed since the released image.

import { report, run } from "../tree.mjs";

export const what = "proto files: style, format, and no break of proto/released/v1.binpb";
export const fix =
  "buf lint says what to change, buf format --write formats; undo a break of the contract (before the first release: npm run wire:release records the new one)";

export async function find() {
  const steps = [
    ["lint"],
    ["format", "--diff", "--exit-code"],
    ["breaking", "--against", "proto/released/v1.binpb", "--exclude-imports"],
  ];
  const problems = [];
  for (const step of steps) problems.push(...report(await run("buf", step), `buf ${step[0]}`));
  return problems;
}
