import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Command, runCommand } from "./support/command.js";
import { readBlocks } from "./support/read-blocks.js";
import { root } from "./support/root.js";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: every command and all code that README.md shows runs. They run in its order, in a folder that looks like a
// clone, with free ports in place of those shown.

const SHOWN = "127.0.0.1:50051";
const SHOWN_ADMIN = "127.0.0.1:50052";

const folder = useTemporaryFolder();
let server: Command | undefined;
let address: string;
let admin: string | undefined;

beforeAll(() => {
  for (const name of ["bench", "node_modules"]) symlinkSync(join(root, name), join(folder.path, name));
  writeFileSync(join(folder.path, "package.json"), "{}");
});

afterAll(() => stop());

async function stop(): Promise<void> {
  server?.signal("SIGINT");
  await server?.finished;
  server = undefined;
}

async function serve(line: string): Promise<void> {
  await stop();
  server = new Command(`${line.replace(SHOWN_ADMIN, "127.0.0.1:0")} --port 0`, { cwd: folder.path });
  const [log] = await server.stderr(/^\{.*"msg":"serving".*\}$/m);
  ({ data: address, admin } = JSON.parse(log));
}

const here = (line: string) =>
  runCommand(line.replace(SHOWN, address).replace(SHOWN_ADMIN, String(admin)), { cwd: folder.path });

/** Run by all of CI, which this test is a part of: there it is only looked up. */
async function runByCi(line: string): Promise<void> {
  expect(readFileSync(join(root, ".ci/run"), "utf8")).toMatch(new RegExp(`^${line}\\b`, "m"));
}

/** Run by another test, which is named: there it is only looked up. */
const runByTest = (test: string) => async (line: string) => {
  expect(readFileSync(join(root, "test", test), "utf8")).toContain(line);
};

const KINDS: [RegExp, (line: string) => Promise<unknown>][] = [
  [/^npm start/, runByTest("demo.test.ts")],
  [/^npm test$/, runByCi],
  [/^npm run bench:ghz$/, runByTest("ghz.test.ts")],
  [/^npx maxsimd serve /, serve],
  [/^npx maxsimd (build|inspect|search|swap|report|tac) /, here],
  [/^npx buf curl /, here],
];

describe("README.md's commands run", () => {
  const lines = readBlocks("README.md", "sh").flatMap((block) => block.trim().split("\n"));

  it("has some", () => expect(lines.length).toBeGreaterThan(8));

  it.each(lines)(
    "%s",
    async (line) => {
      const kind = KINDS.find(([pattern]) => pattern.test(line));
      if (kind === undefined) throw new Error("no test runs this command: add it here, or take it out of README.md");
      await kind[1](line);
    },
    2 * 60_000,
  );

  it("and the pages that they show are there, and reach nothing outside", () => {
    const sections = { "report.html": "sweep", "tac.html": "crowding" };
    for (const [name, section] of Object.entries(sections)) {
      const page = readFileSync(join(folder.path, name), "utf8");
      expect(page).toContain(`<section id="${section}">`);
      expect(page).not.toMatch(/https?:|@import|url\(|(src|href)=(?!"#)/);
    }
  });

  it("and the swap that they show happened", async () => {
    const { stdout } = await here(`npx maxsimd inspect --server ${SHOWN} --json`);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
      indexVersion: { index: "papers", version: "tuesday" },
    });
  });
});

describe("README.md's code runs", () => {
  const blocks = readBlocks("README.md", "ts");

  it("has some", () => expect(blocks.length).toBeGreaterThan(0));

  it.each(blocks.map((code, i) => [i + 1, code] as const))(
    "block %i",
    async (i, code) => {
      await serve("npx maxsimd serve sample.maxsim");
      mkdirSync(join(folder.path, "code"), { recursive: true });
      const file = join(folder.path, "code", `block-${i}.mts`);
      writeFileSync(file, code.replaceAll(SHOWN, address));
      const compile =
        "--module NodeNext --target ES2023 --strict --skipLibCheck --types node --typeRoots node_modules/@types";
      await runCommand(`tsc ${compile} ${file}`, { cwd: folder.path });
      const { stdout } = await runCommand(`node ${file.replace(/mts$/, "mjs")}`, { cwd: folder.path });
      expect(stdout).toContain("sample 1");
      expect(stdout).toMatch(/^a \{ docId: \d+, score: -?[\d.]+ \}$/m);
    },
    60_000,
  );
});
