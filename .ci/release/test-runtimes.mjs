// `npm run test:runtimes`: installs the packed client with Bun and with Deno, and runs there the first program of its README,
// against a server from the packed packages. Bun and Deno come from npm; their packages hold the programs themselves.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { runMain, setup } from "../setup.mjs";
import { root, run } from "../tree.mjs";
import { startRegistry } from "./local-registry.mjs";
import { packAll } from "./pack.mjs";
import { Project } from "./project.mjs";
import { clientProgram } from "./rehearse.mjs";

const CPU = { x64: "x64", arm64: "aarch64" };

/** Each runtime's package for this machine, its program, and what installs the client and runs a file. */
const RUNTIMES = [
  {
    name: "Bun",
    package: `@oven/bun-${process.platform}-${CPU[process.arch]}`,
    program: "bin/bun",
    install: ["add", "@maxsimd/client"],
    run: ["run", "program.mjs"],
  },
  {
    name: "Deno",
    package: `@deno/${process.platform}-${process.arch}${process.platform === "linux" ? "-glibc" : ""}`,
    program: "deno",
    install: ["add", "npm:@maxsimd/client"],
    run: ["run", "--allow-net", "--allow-env", "--allow-read", "--allow-sys", "program.mjs"],
  },
];

await runMain(async () => {
  await setup();
  const registry = await startRegistry(await packAll());
  const projects = ["server", "runtimes", "bun", "deno"].map((name) => new Project(name, registry.npmrc));
  const [server, runtimes, ...users] = projects;
  try {
    await server.install("@maxsimd/server");
    await runtimes.install(...RUNTIMES.map((runtime) => runtime.package));
    await server.must("maxsimd", ["build", join(root, "bench/sample"), "-o", "my.maxsim"]);
    const { address, stop } = await server.serve(["my.maxsim", "--port", "0"]);
    const { stdout: mirror } = await run("npm", ["config", "get", "registry"]);
    for (const [i, runtime] of RUNTIMES.entries()) {
      const user = users[i];
      const command = join(runtimes.folder, "node_modules", runtime.package, runtime.program);
      user.write("program.mjs", clientProgram(address));
      await user.must(command, runtime.install, { NPM_CONFIG_REGISTRY: mirror.trim() });
      const printed = await user.must(command, runtime.run);
      if (!/^question 999 \{/m.test(printed))
        throw new Error(`${runtime.name} did not print the last answer:\n${printed}`);
      const { version } = JSON.parse(
        readFileSync(join(runtimes.folder, "node_modules", runtime.package, "package.json"), "utf8"),
      );
      console.log(`${runtime.name} ${version}: searched and streamed 1,000 queries`);
    }
    await stop();
  } finally {
    for (const project of projects) project.delete();
    await registry.close();
  }
});
