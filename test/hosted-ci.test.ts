import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { root } from "./support/root.js";

// The promise: the hosted CI runs this tree's own commands, on every supported platform and Node version.

interface Job {
  "runs-on": string;
  strategy: { matrix: Record<string, unknown[]> };
  steps: { uses?: string; run?: string; with?: Record<string, string> }[];
}

const read = (path: string) => readFileSync(join(root, path), "utf8");
const { jobs } = parse(read(".github/workflows/ci.yml"), { strict: true }) as { jobs: Record<string, Job> };
const { scripts, engines } = JSON.parse(read("package.json")) as {
  scripts: Record<string, string>;
  engines: { node: string };
};
const all = Object.values(jobs);

it("covers Linux x64, Linux arm64 and macOS arm64, each with the oldest supported Node and newer ones", () => {
  const least = Number(/\d+/.exec(engines.node)?.[0]);
  for (const { "runs-on": machine, strategy, steps } of all) {
    expect(machine).toMatch(/^\$\{\{ matrix\.os \}\}$/);
    expect(strategy.matrix).toEqual({ os: ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15"], node: [20, 22, 24] });
    expect(strategy.matrix["node"]?.[0]).toBe(least);
    const setup = steps.find(({ uses }) => uses?.startsWith("actions/setup-node@"));
    expect(setup?.with?.["node-version"]).toMatch(/^\$\{\{ matrix\.node \}\}$/);
  }
});

it("runs only commands that this tree has, and all of CI among them", () => {
  const commands = all.flatMap(({ steps }) => steps.flatMap(({ run }) => run?.split(/\n|&&/) ?? []));
  for (const command of commands.map((each) => each.trim())) {
    const [tool, first = "", second = ""] = command.split(/\s+/);
    if (tool === "bash") expect(existsSync(join(root, first)), command).toBe(true);
    else if (tool === "npm") expect(scripts, command).toHaveProperty(first === "run" ? second : first);
    else expect(tool, command).toBe("rustup");
  }
  expect(commands).toContain("bash .ci/run");
});
