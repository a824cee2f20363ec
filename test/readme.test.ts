import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Command, runCommand } from "./support/command.js";
import { documentsWith, readBlocks } from "./support/read-blocks.js";
import { root } from "./support/root.js";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: every shell command that a document shows runs, and so does the code in README.md. The commands run in the order of
// the documents, README.md first, each in a folder that looks like a clone with the sample's files in it, and with free ports.

const DOCUMENTS = ["README.md", ...documentsWith("sh").filter((document) => document !== "README.md")];
const SHOWN = "127.0.0.1:50051";
const SHOWN_ADMIN = "127.0.0.1:50052";
const SHOWN_CATALOG = "/var/lib/maxsimd";
const MINUTES = 60_000;

const temporary = useTemporaryFolder();
/** Where the commands of the current document run. */
let folder: string;
let server: Command | undefined;
let address: string;
let admin: string | undefined;

function enterFolder(name: string): void {
  folder = join(temporary.path, name);
  mkdirSync(folder);
  const link = (path: string, source: string) => symlinkSync(join(root, source), join(folder, path));
  for (const path of ["bench", "node_modules", "server"]) link(path, path);
  for (const path of readdirSync(join(root, "bench/sample"))) link(path, `bench/sample/${path}`);
  writeFileSync(join(folder, "package.json"), "{}");
}

afterAll(() => stop());

async function stop(): Promise<void> {
  server?.signal("SIGINT");
  await server?.finished;
  server = undefined;
}

/** Starts a server in place of the one before it, and waits until it serves. An index file that is missing is the sample's. */
async function serve(line: string): Promise<void> {
  await stop();
  const [file = ""] = /\S+\.maxsim$/.exec(line) ?? [];
  if (file !== "" && !existsSync(join(folder, file)))
    copyFileSync(join(temporary.path, "0/sample.maxsim"), join(folder, file));
  const command = line.replace(SHOWN_ADMIN, "127.0.0.1:0").replace(SHOWN_CATALOG, join(temporary.path, "0/catalog"));
  server = new Command(`${command} --port 0`, { cwd: folder });
  const [log] = await server.stderr(/^\{.*"msg":"serving".*\}$/m);
  ({ data: address, admin } = JSON.parse(log));
}

const here = (line: string) =>
  runCommand(line.replace(SHOWN, address).replace(SHOWN_ADMIN, String(admin)), { cwd: folder });

/** Takes minutes, and needs packages from the network: only its options are checked. */
const withHelp = (line: string) => runCommand(`${line}${line.includes(" -- ") ? "" : " --"} --help`);

/** Writes into proto: runs in a copy of it. */
function inProtoCopy(line: string): Promise<unknown> {
  const copy = join(folder, "proto-copy");
  if (!existsSync(copy)) {
    mkdirSync(copy);
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    for (const name of ["proto", "buf.yaml", "buf.gen.yaml", "tsconfig.base.json", "package.json"]) {
      cpSync(join(root, name), join(copy, name), { recursive: true });
    }
  }
  return runCommand(line, { cwd: copy });
}

const runs = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const cachedGhz = join(root, "bench/.cache/bin");
const hasGhz = () => runs("ghz", "--version") || runs(join(cachedGhz, "ghz"), "--version");

/** 10,000 unary calls and 1,000 streamed queries without an error; or a message where neither ghz nor Go is installed. */
async function benchGhz(line: string): Promise<void> {
  const isPossible = hasGhz() || runs("go", "version");
  const { code, stdout, stderr } = await new Command(`${line} -- --records ${folder}`).finished;
  if (!isPossible) {
    expect(stderr.trim().split("\n").at(-1)).toMatch(/^ghz is missing and so is Go: install ghz from /);
    expect(code).toBe(1);
    return;
  }
  expect(`${code}\n${stdout}\n${stderr}`).toMatch(/^0\n/);
  const report = (name: string) => JSON.parse(readFileSync(join(root, "bench/out/ghz", `${name}.json`), "utf8"));
  expect(report("search")).toMatchObject({ count: 10_000, statusCodeDistribution: { OK: 10_000 } });
  // 10 streams of 100 queries: ghz counts streams, the server counts queries.
  expect(report("search-stream")).toMatchObject({ count: 10, statusCodeDistribution: { OK: 10 } });
  expect([...stdout.matchAll(/^Queries searched:\t(\d+)$/gm)].map(([, n]) => n)).toEqual(["10000", "1000"]);
  expect(stdout).toContain("[OK]\t10000 responses");
  expect(readFileSync(join(folder, "ghz-sample.csv"), "utf8")).toMatch(/,maxsimd,test=search,requests_per_second,/);
}

/**
 * ghz with 1,000 calls to the server that runs, one at a time: of eight at once a server refuses some, if its machine is so slow that the last
 * would wait for longer than queueMs. Where ghz is missing, the test of `npm run bench:ghz` checks the message.
 */
async function ghz(line: string): Promise<void> {
  if (!hasGhz()) return;
  const found = runs("ghz", "--version") ? line : join(cachedGhz, line);
  const { stdout } = await runCommand(`${found.replace(SHOWN, address)} --total=1000 --concurrency=1`, { cwd: folder });
  expect(stdout).toMatch(/\[OK\]\s+1000 responses/);
}

/** How each kind of command is run. The first pattern that matches counts. */
const KINDS: [RegExp, (line: string) => Promise<unknown>][] = [
  // Continuous integration runs this very test by `npm test`, and test/demo.test.ts runs `npm start` with and without its options.
  [/^npm (test|start)\b/, () => Promise.resolve()],
  // `npm run release -- --dry-run`, which continuous integration runs, packs the packages and installs them.
  [/^npm (run (pack|release|build:cross|test:runtimes|sbom)|install)\b/, () => Promise.resolve()],
  // They compile the engine anew. cargo test runs a share of the same functions, in native/fuzz/tests.
  [/^npm run (damage|fuzz)\b/, () => Promise.resolve()],
  [/^npm run bench:ghz$/, benchGhz],
  [/^npm run bench:(reference|tools)\b/, withHelp],
  [/^npm run bench:tables$/, (line) => runCommand(line)],
  [/^(npx )?maxsimd serve --help$/, here],
  [/^((npx )?maxsimd serve|node server\/dist\/main\.js) /, serve],
  [/^(npx )?maxsimd /, here],
  [/^node bench\/dist\/ghz\/make-payloads\.js /, here],
  [/^ghz /, ghz],
  [/^npx buf curl /, here],
  [/^npx (buf|tsc) |^npm run generate$/, inProtoCopy],
];

/** The commands of a document; a comment after a command is not a part of it. */
function commandsOf(document: string): string[] {
  return readBlocks(document, "sh")
    .flatMap((block) => block.trim().split("\n"))
    .map((line) => line.replace(/\s+#.*$/, ""));
}

const finished = new Set<string>();

describe.each(DOCUMENTS)("the commands of %s", (document) => {
  beforeAll(() => enterFolder(String(DOCUMENTS.indexOf(document))));

  it.each(commandsOf(document))(
    "%s",
    async (line) => {
      // A command that two documents show runs once.
      const same = line.replace(/^npx /, "");
      if (finished.has(same) && !same.includes("serve")) return;
      const kind = KINDS.find(([pattern]) => pattern.test(line));
      if (kind === undefined) throw new Error(`no test runs this command: add it here, or take it out of ${document}`);
      await kind[1](line);
      finished.add(same);
    },
    3 * MINUTES,
  );

  if (document !== "README.md") return;

  it("leave pages that reach nothing outside", () => {
    const sections = { "report.html": "sweep", "tac.html": "crowding" };
    for (const [name, section] of Object.entries(sections)) {
      const page = readFileSync(join(folder, name), "utf8");
      expect(page).toContain(`<section id="${section}">`);
      expect(page).not.toMatch(/https?:|@import|url\(|(src|href)=(?!"#)/);
    }
  });

  it("swapped the index", async () => {
    const { stdout } = await here(`npx maxsimd inspect --server ${SHOWN} --json`);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
      indexVersion: { index: "papers", version: "tuesday" },
    });
  });
});

it("there are documents with commands", () => {
  expect(DOCUMENTS.length).toBeGreaterThan(4);
  expect(commandsOf("README.md").length).toBeGreaterThan(8);
});

describe("README.md's code runs", () => {
  beforeAll(() => enterFolder("code"));

  const blocks = readBlocks("README.md", "ts");

  it("has some", () => expect(blocks.length).toBeGreaterThan(0));

  it.each(blocks.map((code, i) => [i + 1, code] as const))(
    "block %i",
    async (i, code) => {
      await serve("npx maxsimd serve sample.maxsim");
      const file = join(folder, `block-${i}.mts`);
      writeFileSync(file, code.replaceAll(SHOWN, address));
      const compile =
        "--module NodeNext --target ES2023 --strict --skipLibCheck --types node --typeRoots node_modules/@types";
      await runCommand(`tsc ${compile} ${file}`, { cwd: folder });
      const { stdout } = await runCommand(`node ${file.replace(/mts$/, "mjs")}`, { cwd: folder });
      expect(stdout).toContain("sample 1");
      expect(stdout).toMatch(/^a \{ docId: \d+, id: '\d+', score: -?[\d.]+ \}$/m);
    },
    MINUTES,
  );
});
