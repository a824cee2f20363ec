// A rehearsal of a release: packs all packages, installs them in empty folders, and does there what README.md says. It ends with
// an error if a package does not install, run, hold its limits or uninstall.

import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../tree.mjs";
import { isHere } from "./addons.mjs";
import { checkEntries } from "./entries.mjs";
import { PLATFORMS } from "./layout.mjs";
import { startRegistry } from "./local-registry.mjs";
import { packAll, printPacked } from "./pack.mjs";
import { Project } from "./project.mjs";
import { requireAtMost } from "./require-at-most.mjs";
import { platformPackage } from "./stage.mjs";

/** Limits of what is installed, which README.md states. Packages are counted with those of this project. */
export const LIMITS = {
  client: { bytes: 30e6, installed: 36, loaded: 5 },
  server: { bytes: 60e6, installed: 72, loaded: 40 },
};

const ARRAYS = ["vectors.npy", "token_ids.npy", "doclens.npy", "query_vectors.npy", "query_lens.npy"];

/** Resolves when all steps passed. `platforms` as in `packAll`. */
export async function rehearse({ platforms } = {}) {
  const started = Date.now();
  const packed = await step("pack", () => packAll({ platforms }));
  printPacked(packed);
  await step("entries and types of each package", () => checkEntries(packed));
  const registry = await startRegistry(packed);
  const projects = [];
  const make = (name) => {
    const project = new Project(name, registry.npmrc);
    projects.push(project);
    return project;
  };
  try {
    const here = packed.filter(({ name }) => isForHere(name));
    const client = make("client");
    const server = make("server");
    await step("npm install of the client's tarball", () =>
      client.install(here.find(({ name }) => name === "@maxsimd/client").tarball),
    );
    await step("npm install @maxsimd/server", () => server.install("@maxsimd/server"));
    await useServer(server, client);
    report("client", client);
    report("server", server);
    await step("npm uninstall", async () => {
      await client.uninstall("@maxsimd/client");
      await server.uninstall("@maxsimd/server");
    });
    const tarballs = make("tarballs");
    await step("npm install of all tarballs", () => tarballs.install(...here.map(({ tarball }) => tarball)));
    await step("maxsimd --version", () => tarballs.must("maxsimd", ["--version"]));
  } finally {
    for (const project of projects) project.delete();
    await registry.close();
  }
  console.log(`rehearsed in ${seconds(started)}`);
}

/** README.md's first commands and its first program, on arrays as an encoder writes them. */
async function useServer(server, client) {
  for (const name of ARRAYS) copyFileSync(join(root, "bench/sample", name), join(server.folder, name));
  const env = server.recording();
  const readme = readFileSync(join(root, "README.md"), "utf8");
  for (const line of readmeBlock(readme, "commands").filter((each) => /^npx maxsimd (?!serve )/.test(each))) {
    const [, command, ...args] = line.split(/\s+/);
    await step(line, () => server.must(command, args, env));
  }
  const { address, stop } = await step("maxsimd serve my.maxsim", () =>
    server.serve(["my.maxsim", "--port", "0"], env),
  );
  const ask = ["search", "--server", address, "--queries", "query_vectors.npy", "--lens", "query_lens.npy", "--json"];
  const asked = await step("maxsimd search --server", () => server.must("maxsimd", ask, env));
  if (JSON.parse(asked).results[0].hits[0].rank !== 1) throw new Error(`the server answered without hits:\n${asked}`);
  await useClient(client, address);
  const code = await stop();
  if (code !== 0) throw new Error(`maxsimd serve ended with ${code} after SIGTERM, expected 0`);
  const report = ["tac", "report", "vectors.npy", "token_ids.npy", "-o", "tac.html"];
  await step("maxsimd tac report", () => server.must("maxsimd", report));
  if (!readFileSync(join(server.folder, "tac.html"), "utf8").includes("<svg"))
    throw new Error("the report has no plot");
}

/** The first program of the client's README, which searches and streams, as an ES module and as CommonJS. */
async function useClient(client, address) {
  const program = clientProgram(address);
  client.write("program.mjs", program);
  client.write("program.cjs", commonJs(program));
  for (const file of ["program.mjs", "program.cjs"]) {
    const printed = await step(`node ${file}`, () => client.must("node", [file], client.recording()));
    if (!/^question 999 \{/m.test(printed)) throw new Error(`the program did not print the last answer:\n${printed}`);
  }
}

/** The first program of the client's README, for the server at an address. */
export function clientProgram(address) {
  const readme = readFileSync(join(root, "clients/typescript/README.md"), "utf8");
  const [, code = ""] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  return code.replace("127.0.0.1:50051", address);
}

/** The lines of the code block below `<!-- rehearsed: name -->`. */
function readmeBlock(readme, name) {
  const [, code] = new RegExp(`<!-- rehearsed: ${name} -->\\n\\n\`\`\`\\w+\\n(.*?)\`\`\``, "s").exec(readme) ?? [];
  if (code === undefined) throw new Error(`README.md has no code block below <!-- rehearsed: ${name} -->`);
  return code.split("\n");
}

/** The same program with `require`, and in a function because CommonJS has no `await` outside of one. */
function commonJs(program) {
  const [, names] = /import \{(.*?)\} from "@maxsimd\/client";/.exec(program) ?? [];
  if (names === undefined) throw new Error("the program does not import @maxsimd/client");
  const body = program.replace(/import .*\n/, "");
  return `const {${names}} = require("@maxsimd/client");\nvoid (async () => {\n${body}\n})();\n`;
}

function isForHere(name) {
  const platform = PLATFORMS.find((one) => platformPackage(one) === name);
  return platform === undefined || isHere(platform);
}

function report(side, project) {
  const limits = LIMITS[side];
  const packages = project.packages();
  const loaded = project.loadedPackages();
  const size = project.size();
  console.log(
    `${side}: ${(size / 1e6).toFixed(1)} MB and ${packages.length} packages installed, ${loaded.length} of them loaded: ${loaded.join(", ")}`,
  );
  requireAtMost(`bytes installed for the ${side}`, limits.bytes, size);
  requireAtMost(`packages installed for the ${side}`, limits.installed, packages.length);
  requireAtMost(`packages that the ${side} loads`, limits.loaded, loaded.length);
}

async function step(name, work) {
  const started = Date.now();
  const result = await work();
  console.log(`${seconds(started).padStart(7)}  ${name}`);
  return result;
}

function seconds(started) {
  return `${((Date.now() - started) / 1000).toFixed(1)} s`;
}
