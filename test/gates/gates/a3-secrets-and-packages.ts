import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AdminService, CatalogService, CollectionService, SearchService } from "@maxsimd/proto";
import { newToken } from "@maxsimd/server/access";
import { root } from "../../support/root.js";
import { type Gate, never } from "../gate.js";
import { makeCatalog, SEARCH, searchRequest } from "../support/sample-catalog.js";
import { framed, pathOf, WireClient } from "../support/wire-client.js";

const METHODS = [SearchService, CatalogService, AdminService, CollectionService].flatMap(({ methods }) =>
  methods.map(pathOf),
);
/** Licences that ask for nothing but to be named. */
const LICENCES =
  /^\(?(MIT|MIT-0|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|Unlicense|Zlib|Unicode-3\.0|CC0-1\.0|BSL-1\.0|( OR | AND |\/|WITH LLVM-exception| |\(|\)))+$/;
/** The packages that the project was founded on. What they bring is not chosen here: grpc-js alone brings 33, and napi 25. */
const FOUNDATIONS = ["@grpc/grpc-js", "@bufbuild/protobuf", "piscina"];
const NATIVE_FOUNDATION = "napi";
/** Packages of this tree. */
const OWN = /^(proto|native\/binding|server|clients\/|bench|test|$)/;

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly integrity?: string;
  readonly link?: boolean;
}

export const a3: Gate = {
  id: "A3",
  promise:
    "No secret gets into logs, metrics or errors; what runs is few packages, locked, under free licences, without install scripts.",
  place: "lane",
  bug: {
    what: "the log of a refused call holds the header with the token",
    caughtBy: "secrets in them",
    edits: [
      {
        file: "server/src/transport/guard.ts",
        from: 'caller: typeof caller === "string" ? undefined : caller.caller,',
        to: "caller: authorization,",
      },
    ],
  },
  async run({ folder, serve }) {
    const leaks = await leaksOf(folder, serve);
    const locked = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages as Record<string, Locked>;
    const packages = runtimePackages(locked, ["server"]);
    const founded = new Set(
      runtimePackages(
        locked,
        FOUNDATIONS.map((name) => `node_modules/${name}`),
      ),
    );
    const crates = runtimeCrates("maxsimd-binding");
    const foundedCrates = new Set(runtimeCrates(NATIVE_FOUNDATION).map(({ name }) => name));
    const strange = [
      ...packages.map((path) => [path, locked[path]?.license ?? "none"] as const),
      ...crates.map(({ name, license }) => [name, license] as const),
    ].filter(([, licence]) => !LICENCES.test(licence));
    const unlocked = packages.filter((path) => locked[path]?.integrity === undefined);
    return [
      { what: "texts searched for secrets", got: leaks.texts, least: METHODS.length },
      never("secrets in them", leaks.found),
      { what: "npm packages at run time", got: packages.length, most: 60 },
      {
        what: `of them not brought by ${FOUNDATIONS.join(", ")}`,
        got: packages.filter((path) => !founded.has(path)).length,
        most: 25,
      },
      { what: "crates at run time", got: crates.length, most: 81 },
      {
        what: `of them not brought by ${NATIVE_FOUNDATION}`,
        got: crates.filter(({ name }) => !foundedCrates.has(name)).length,
        most: 60,
      },
      never("installations that would run the scripts of packages", installsWithScripts()),
      never("packages without a checksum in the lock file", unlocked),
      never(
        "licences that are not on the list",
        strange.map(([name, licence]) => `${name}: ${licence}`),
      ),
    ];
  },
};

/** Calls every method with good, wrong and malformed tokens, and searches all that the server says for them. */
async function leaksOf(
  folder: string,
  serve: Parameters<Gate["run"]>[0]["serve"],
): Promise<{ texts: number; found: string[] }> {
  const catalog = await makeCatalog(folder, { documents: 60 });
  const good = newToken({ name: "reader", scopes: ["search", "admin"], expires: undefined });
  const wrong = newToken({ name: "stranger", scopes: ["search"], expires: undefined });
  const tokens = join(folder, "tokens.json");
  const canary = "canary-6f1d9a52c0";
  writeFileSync(tokens, JSON.stringify({ tokens: [good.entry] }));
  chmodSync(tokens, 0o600);
  const args = [
    catalog.path,
    "--workers",
    "1",
    "--tokens",
    tokens,
    "--admin",
    "127.0.0.1:0",
    "--metrics",
    "127.0.0.1:0",
  ];
  const server = await serve([...args, "--log-level", "trace"]);
  const texts: string[] = [];
  for (const address of [server.data, server.admin]) {
    const client = new WireClient(address);
    for (const method of METHODS) {
      for (const value of [`Bearer ${good.token}`, `Bearer ${wrong.token}`, `Basic ${canary}`, `Bearer ${canary}`]) {
        const { stream, reply } = client.open(method, { headers: { authorization: value }, timeout: "2S" });
        stream.end(framed(method === SEARCH ? searchRequest(catalog.queries[0] as Uint8Array) : Buffer.from("junk")));
        const { text, code, messages } = await reply;
        texts.push(text, code, Buffer.concat(messages).toString("latin1"));
      }
    }
    client.close();
  }
  // A token file that cannot be used, with a secret in it.
  writeFileSync(tokens, `{"tokens": [{"name": "x", "sha256": "${canary}"}]}`);
  server.signal("SIGHUP");
  texts.push(await (await fetch(`http://${server.metricsAddress}/metrics`)).text());
  await server.stop();
  texts.push(...server.lines);
  const secrets = [good.token, wrong.token, canary];
  return { texts: texts.length, found: texts.filter((text) => secrets.some((secret) => text.includes(secret))) };
}

/** Lines of the tree's own scripts that install packages and do not say --ignore-scripts. */
function installsWithScripts(): string[] {
  const files = [".ci", ".github/workflows"].flatMap((folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((e) => e.isFile())
      .map((e) => join(folder, e.name)),
  );
  return files.flatMap((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .filter((line) => /\bnpm[", [\]]+(ci|install)\b/.test(line) && /run\(|run:|^npm/.test(line))
      .filter((line) => !line.includes("--ignore-scripts"))
      .map((line) => `${file}: ${line.trim()}`),
  );
}

/** Paths in the lock file of some packages and of what they need to run, without the packages of this tree. */
function runtimePackages(locked: Record<string, Locked>, starts: readonly string[]): string[] {
  const found = new Set<string>(starts);
  const visit = (path: string): void => {
    const { dependencies = {}, optionalDependencies = {} } = locked[path] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const home = homeOf(locked, path, name);
      const target = locked[home]?.link === true ? ownFolder(name) : home;
      // An optional package for another platform is not installed.
      if (locked[target] === undefined || found.has(target) || !existsSync(join(root, target))) continue;
      found.add(target);
      visit(target);
    }
  };
  for (const start of starts) visit(start);
  return [...found].filter((path) => !OWN.test(path)).sort();
}

/** The path of a package, as Node looks for it: in the folder of the package that imports it, then in those above. */
function homeOf(locked: Record<string, Locked>, importer: string, name: string): string {
  for (let base = importer; base !== ""; base = base.slice(0, Math.max(0, base.lastIndexOf("/node_modules/")))) {
    const home = `${base}/node_modules/${name}`;
    if (locked[home] !== undefined) return home;
  }
  return `node_modules/${name}`;
}

function ownFolder(name: string): string {
  return { "@maxsimd/native": "native/binding", "@maxsimd/proto": "proto" }[name] ?? name;
}

/** A crate and those in it, with their licences, without those that only build it and those of this tree. */
function runtimeCrates(crate: string): { name: string; license: string }[] {
  const args = ["tree", "--locked", "-p", crate, "-e", "normal,no-proc-macro", "--prefix", "none", "-f", "{p}\t{l}"];
  const text = execFileSync("cargo", args, { cwd: join(root, "native"), encoding: "utf8" });
  const lines = [...new Set(text.split("\n").map((line) => line.replace(" (*)", "")))].filter(Boolean);
  return lines
    .map((line) => line.split("\t") as [string, string])
    .filter(([name]) => !name.startsWith("maxsimd-"))
    .map(([name, license]) => ({ name, license: license || "none" }));
}
