import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { root } from "./support/root.js";
import { TreeCopy } from "./support/tree-copy.js";

// The promise: `npm run check` fails, and says how to fix it, when somebody breaks a rule of the project.

let tree: TreeCopy;
const planted: string[] = [];

beforeAll(() => {
  tree = new TreeCopy();
});
afterEach(() => {
  for (const path of planted.splice(0)) tree.remove(path);
});
afterAll(() => tree.delete());

function plant(path: string, text: string): void {
  tree.write(path, text);
  planted.push(path);
}

const FAST = [
  "imports",
  "sizes",
  "names",
  "generated",
  "crates",
  "environment",
  "lockfile",
  "links",
  "modules",
  "prose",
  "unused",
];

it("passes on the tree as it is", () => {
  const { code, output } = tree.check(...FAST);
  expect(output).toContain(`${FAST.length} checks passed, 0 failed`);
  expect(code).toBe(0);
});

it("refuses a check that does not exist", () => {
  const { code, output } = tree.check("spelling");
  expect(output).toContain("no check is called spelling");
  expect(code).toBe(1);
});

describe("imports", () => {
  // One run for all: each case has a file of its own, and the tool names the file and what it imports.
  const refused: [name: string, folder: string, imported: string][] = [
    ["a layer above", "server/src/errors", "../transport/planted-target.js"],
    ["a part beside", "server/src/catalog", "../admission/planted-target.js"],
    ["the addon outside the engine", "server/src/services", "@maxsimd/native"],
    ["the client in the server", "server/src/transport", "@maxsimd/client"],
    ["gRPC outside transport", "server/src/services", "@grpc/grpc-js"],
    ["gRPC in the command", "clients/cli/src", "@grpc/grpc-js"],
    ["piscina outside the engine", "server/src/admission", "piscina"],
    ["files outside config and catalog", "server/src/services", "node:fs"],
    ["files by promise", "server/src/engine", "node:fs/promises"],
    ["the server in the client", "clients/typescript/src", "@maxsimd/server"],
    ["bench in the command", "clients/cli/src", "@maxsimd/bench"],
    ["bench by path", "server/src/config", "../../../bench/demo/sample.js"],
    ["the inside of another package", "test", "../server/src/config/planted-target.js"],
    ["what does not exist", "server/src/config", "./nothing.js"],
    ["a package that is not declared", "server/src/config", "cli-progress"],
  ];
  const allowed: [name: string, folder: string, imported: string][] = [
    ["a layer below", "server/src/transport", "../config/planted-target.js"],
    ["gRPC in transport", "server/src/transport", "@grpc/grpc-js"],
    ["the wire in a service", "server/src/services", "@maxsimd/proto"],
    ["the addon in the engine", "server/src/engine", "@maxsimd/native"],
    ["piscina in the engine", "server/src/engine", "piscina"],
    ["files in the catalog", "server/src/catalog", "node:fs"],
    ["the client in the command", "clients/cli/src", "@maxsimd/client"],
    ["the server's entry in a test", "test", "@maxsimd/server"],
  ];
  const fileOf = (kind: string, index: number, folder: string) => `${folder}/planted-${kind}-${index}.ts`;
  let code: number | null;
  let output: string;

  beforeAll(() => {
    // Two packages are built and the others are not: the rules hold either way.
    for (const path of ["clients/typescript", "native/binding"]) tree.write(`${path}/dist/index.js`, "export {};\n");
    for (const part of ["transport", "admission", "config"]) {
      plant(`server/src/${part}/planted-target.ts`, "export type A = 1;\n");
    }
    for (const [i, [, folder, imported]] of refused.entries())
      plant(fileOf("bad", i, folder), `import "${imported}";\n`);
    for (const [i, [, folder, imported]] of allowed.entries())
      plant(fileOf("good", i, folder), `import "${imported}";\n`);
    const types = 'import type { A } from "../../server/src/config/planted-target.js";\nexport type B = A;\n';
    plant("bench/demo/planted-types.ts", types);
    plant("server/src/config/planted-a.ts", 'export { b } from "./planted-b.js";\nexport const a = 1;\n');
    plant("server/src/config/planted-b.ts", 'export { a } from "./planted-a.js";\nexport const b = 1;\n');
    ({ code, output } = tree.check("imports"));
    for (const path of planted.splice(0)) tree.remove(path);
  });

  it("against the directions fail the check, which says how to fix it", () => {
    expect(code).toBe(1);
    expect(output).toContain("FAIL  imports");
    expect(output).toContain("fix: move the code");
  });

  it.each(refused.map(([name, folder], i) => [name, fileOf("bad", i, folder)]))("are refused: %s", (_name, path) => {
    expect(output).toContain(`: ${path} →`);
  });

  it.each(allowed.map(([name, folder], i) => [name, fileOf("good", i, folder)]))("are allowed: %s", (_name, path) => {
    expect(output).not.toContain(path);
  });

  it("are refused for types too", () => {
    expect(output).toContain(": bench/demo/planted-types.ts →");
  });

  it("are refused in a circle", () => {
    expect(output).toContain("no-cycles: server/src/config/planted-a.ts →");
  });
});

describe("Rust modules", () => {
  it("may not use what stands above them", () => {
    plant("native/core/src/kernel/planted.rs", "use crate::{error::Error, search::params::{K, Ef}};\n");
    const { code, output } = tree.check("crates");
    expect(output).toContain("native/core/src/kernel/planted.rs: kernel uses search");
    expect(output).not.toContain("kernel uses error");
    expect(code).toBe(1);
  });

  it("may use any in their tests", () => {
    plant("native/core/src/kernel/planted.rs", "#[cfg(test)]\nmod tests {\n    use crate::search::Params;\n}\n");
    expect(tree.check("crates")).toMatchObject({ code: 0 });
  });

  it("of the core may not know Node", () => {
    plant("native/core/src/build/planted.rs", "use napi::Env;\n");
    expect(tree.check("crates").output).toContain("planted.rs: the core names napi");
  });

  it("may not use each other in a circle, also through a re-export", () => {
    const folder = "native/core/src/planted";
    plant(`${folder}/mod.rs`, "mod a;\nmod b;\nmod c;\npub use c::Last;\n");
    plant(`${folder}/a.rs`, "use super::b;\n");
    plant(`${folder}/b.rs`, "fn f() {\n    crate::planted::Last::new();\n}\n");
    plant(`${folder}/c.rs`, "use {std::fs, super::{b::{B, C}, a::A as D}};\n");
    const { code, output } = tree.check("modules");
    expect(output).toContain(`${folder}/a.rs: planted::a uses planted::b (super::b), which leads back to planted::a`);
    expect(output).toContain("planted::b uses planted::c (crate::planted::Last::new)");
    expect(output).toContain("planted::c uses planted::a (super::a::A)");
    expect(output).toContain("planted::c uses planted::b (super::b::B)");
    expect(code).toBe(1);
  });

  it("may in tests, and may use what holds them", () => {
    const folder = "native/core/src/planted";
    const tests = "#[cfg(test)]\nmod tests {\n    use crate::planted::a::A;\n}\n";
    plant(`${folder}/mod.rs`, "mod a;\nmod b;\n#[cfg(test)]\nmod naive;\npub struct Parent;\nuse a::A;\n");
    plant(`${folder}/a.rs`, "use super::{Parent, b::B};\n// use super::naive;\n");
    plant(`${folder}/b.rs`, `pub struct B;\n${tests}`);
    plant(`${folder}/naive.rs`, "use super::a::A;\n");
    expect(tree.check("modules").output).not.toContain("planted");
  });
});

describe("file sizes", () => {
  const lines = (count: number) => "// a line\n".repeat(count);

  it.each([
    "server/src/config/planted.ts",
    "native/core/src/planted.rs",
    ".ci/planted.mjs",
    "bench/datasets/planted.py",
  ])("of 501 lines are refused: %s", (path) => {
    plant(path, lines(501));
    const { code, output } = tree.check("sizes");
    expect(output).toContain(`${path}: expected at most 500 lines, got 501`);
    expect(output).toContain("fix: split the file");
    expect(code).toBe(1);
  });

  it("of 500 lines, or generated ones of more, are not", () => {
    plant("server/src/config/planted.ts", lines(500));
    plant("native/binding/gen/planted.ts", lines(600));
    expect(tree.check("sizes")).toMatchObject({ code: 0 });
  });
});

describe("generated code", () => {
  it("that is older than its proto file is refused", () => {
    const path = "proto/maxsimd/v1/tensor.proto";
    const text = readFileSync(join(tree.folder, path), "utf8");
    tree.write(path, text.replace("uint32 rows = 3;", "uint32 rows = 3;\n  uint32 planted = 9;"));
    const { code, output } = tree.check("generated");
    tree.write(path, text);
    expect(output).toContain("proto/gen/maxsimd/v1/tensor_pb.ts: is stale");
    expect(output).toContain("fix: npm run generate");
    expect(code).toBe(1);
  });

  it("that was edited, is left over, or is missing is refused", () => {
    const path = "proto/gen/maxsimd/v1/errors_pb.ts";
    const text = readFileSync(join(tree.folder, path), "utf8");
    tree.write(path, `${text}\n`);
    plant("proto/gen/maxsimd/v1/planted_pb.ts", "export {};\n");
    const edited = tree.check("generated").output;
    tree.remove(path);
    const missing = tree.check("generated").output;
    tree.write(path, text);
    expect(edited).toContain(`${path}: is stale`);
    expect(edited).toContain("planted_pb.ts: no proto file makes it any more");
    expect(missing).toContain(`${path}: is missing`);
  });

  it("of the addon that was edited is refused", () => {
    const path = "native/binding/gen/addon.d.ts";
    const text = readFileSync(join(tree.folder, path), "utf8");
    tree.write(path, text.replace("export declare function version(): string;", ""));
    const { code, output } = tree.check("generated");
    tree.write(path, text);
    expect(output).toContain(`${path}: is stale`);
    expect(output).toContain("npm run build:native");
    expect(code).toBe(1);
  });
});

it("refuses a break of the released wire", () => {
  const path = "proto/maxsimd/v1/tensor.proto";
  const text = readFileSync(join(tree.folder, path), "utf8");
  tree.write(path, text.replace("uint32 rows = 3;", "uint64 rows = 3;"));
  const { code, output } = tree.check("wire");
  tree.write(path, text);
  expect(output).toContain("buf breaking");
  expect(code).toBe(1);
});

describe("prose", () => {
  // One run for all: each case has a file of its own.
  const refused: [name: string, path: string, text: string, problem: string][] = [
    ["a document", "planted.md", "A file\nthat is none.\n", ':2: "is none": write say what it is not'],
    ["a comment over two lines", "server/src/planted-1.ts", "/**\n * What is\n * none.\n */\n", ':2: "is none"'],
    ["a message", "server/src/planted-2.ts", 'throw new Error("got 3 bytes that are none");\n', ':1: "are none"'],
    ["a Rust docstring", "native/core/src/planted_1.rs", "/// Takes up a query.\n", ':1: "Takes up": write "load"'],
    ["a function's name", "native/core/src/planted_2.rs", "fn take_up() {}\n", '"take_up"'],
    ["a part of a name", "server/src/planted-3.ts", "const onTold = 1;\n", '"Told": write "given"'],
    ["a constant's name", "native/core/src/planted_3.rs", "const MOST_DOUBT: f32 = 8.0;\n", '"DOUBT": write "error'],
    ["a script", ".ci/planted.mjs", "// Mends it.\n", '"Mends": write "fix"'],
    ["a proto file", "proto/maxsimd/v1/planted.proto", "// What was told.\n", '"told"'],
    [
      "a docstring in Python",
      "bench/datasets/planted.py",
      '"""Ours beside the reference."""\n',
      '"beside the reference"',
    ],
    ["a field's name", "native/core/src/planted_4.rs", "self.met += 1;\n", '"met": write "visited"'],
    ["a type's name", "server/src/planted-4.ts", "interface Carried {}\n", '"interface Carried"'],
  ];
  const allowed: [path: string, text: string][] = [
    ["planted-allowed.md", "There are none. I recommend to amend it. The limit is met. Untold bytes.\n"],
    ["bench/datasets/planted_allowed.py", "found = None\nif found is None:\n    pass\n"],
    ["native/core/src/planted_allowed.rs", "let x = y.is_none() && limit.is_met();\n// carried in the details\n"],
    ["server/src/planted-allowed.ts", "text.trimEnd();\n"],
    ["proto/gen/planted-allowed.ts", "// told\n"],
    ["bench/sample/planted-allowed.md", "What is none of this was told.\n"],
  ];
  let code: number | null;
  let output: string;

  beforeAll(() => {
    for (const [, path, text] of refused) plant(path, text);
    for (const [path, text] of allowed) plant(path, text);
    ({ code, output } = tree.check("prose"));
    for (const path of planted.splice(0)) tree.remove(path);
  });

  it("fails the check", () => expect(code).toBe(1));

  it.each(refused)("is refused in %s", (_name, path, _text, problem) => {
    expect(output.split("\n").find((line) => line.includes(path))).toContain(problem);
  });

  it.each(allowed)("is allowed with the same letters: %s", (path) => expect(output).not.toContain(path));
});

it("refuses TypeScript that nothing uses, or only a test", () => {
  plant("server/src/config/planted-lonely.ts", "export const lonely = 1;\n");
  plant("server/src/config/planted-tested.ts", "export const tested = 1;\n");
  plant(
    "server/src/config/planted-tested.test.ts",
    'import { tested } from "./planted-tested.js";\nconsole.log(tested);\n',
  );
  const { code, output } = tree.check("unused");
  expect(output).toMatch(/knip:\s+Unused files \(1\)\s+server\/src\/config\/planted-lonely\.ts/);
  expect(output).toMatch(/without tests:\s+Unused files \(2\).*planted-tested\.ts/s);
  expect(code).toBe(1);
});

it("refuses a table in a README that differs from its record", () => {
  const path = "bench/records/reference-debian.csv";
  const text = readFileSync(join(tree.folder, path), "utf8");
  expect(tree.check("tables")).toMatchObject({ code: 0 });
  tree.write(path, text.replace(/(,build_time,)[\d.]+/, "$11"));
  const { code, output } = tree.check("tables");
  tree.write(path, text);
  expect(output).toContain("README.md shows the records' figures");
  expect(output).toContain("fix: npm run bench:tables");
  expect(code).toBe(1);
});

it("refuses names that say nothing", () => {
  plant("server/src/config/utils.ts", "export {};\n");
  plant("clients/cli/src/helpers/planted.ts", "export {};\n");
  const { code, output } = tree.check("names");
  expect(output).toContain("server/src/config/utils.ts");
  expect(output).toContain("clients/cli/src/helpers/planted.ts");
  expect(code).toBe(1);
});

// Without its environment, which `npm run check` and `npm test` make, the check would install the packages again.
describe.skipIf(!existsSync(join(root, "clients/python/.venv")))("python", () => {
  it("refuses what ruff and mypy refuse, and generated code that no proto file makes", () => {
    symlinkSync(join(root, "clients/python/.venv"), join(tree.folder, "clients/python/.venv"));
    planted.push("clients/python/.venv");
    plant("clients/python/src/maxsimd/planted.py", "import os\n\n\ndef f(x):\n    return x\n");
    plant("clients/python/src/maxsimd/gen/planted_pb2.py", "");
    const { code, output } = tree.check("python");
    expect(output).toContain("planted.py:1:8: F401");
    expect(output).toMatch(/planted\.py:4: error: .*\[no-untyped-def\]/);
    expect(output).toContain("gen/planted_pb2.py: no proto file makes it any more");
    expect(code).toBe(1);
  });
});

it("refuses the environment outside of configuration", () => {
  plant("server/src/engine/planted.ts", "\nexport const a = process.env;\n");
  const { code, output } = tree.check("environment");
  expect(output).toContain("server/src/engine/planted.ts:2: process.env");
  expect(code).toBe(1);
});

it("refuses a lock that is behind a package.json", () => {
  const path = "server/package.json";
  const text = readFileSync(join(tree.folder, path), "utf8");
  tree.write(path, text.replace('"dependencies": {', '"dependencies": {\n    "left-pad": "^1.0.0",'));
  const { code, output } = tree.check("lockfile");
  tree.write(path, text);
  expect(output).toContain("dependencies.left-pad is ^1.0.0, the lock has nothing");
  expect(code).toBe(1);
});

it.each([
  [
    "native/Cargo.lock",
    /(name = "blake3"\nversion = .*\nsource = ")[^"]*/,
    "$1git+ssh://elsewhere/blake3",
    "blake3: comes from",
  ],
  ["native/Cargo.lock", /(name = "blake3"\n(?:.*\n){2})checksum = .*\n/, "$1", "blake3: has no checksum"],
  [
    "package-lock.json",
    /("node_modules\/zod": \{)/,
    '$1\n      "resolved": "git+ssh://elsewhere/zod.git",',
    "node_modules/zod: comes from",
  ],
])(
  "refuses a package in %s that comes from elsewhere than its registry, or has no checksum",
  (path, from, to, message) => {
    const text = readFileSync(join(tree.folder, path), "utf8");
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    tree.write(path, changed);
    const { code, output } = tree.check("dependencies");
    tree.write(path, text);
    expect(output).toContain(message);
    expect(code).toBe(1);
  },
);

it("refuses a link that leads nowhere", () => {
  plant(
    "planted.md",
    "[a](nowhere.md) [b](LICENSE) [c](#a-heading) [d](#no-heading)\n\n# A heading\n\n```\n[e](code.md)\n```\n",
  );
  const { code, output } = tree.check("links");
  expect(output).toContain("planted.md: nowhere.md leads nowhere");
  expect(output).toContain("planted.md: #no-heading: planted.md has no such heading");
  expect(output).not.toContain("code.md");
  expect(output).not.toContain("LICENSE");
  expect(code).toBe(1);
});

it("refuses badly formatted or careless TypeScript", () => {
  plant("server/src/config/planted.ts", "export default async function a() {\n  console.log('x')\n}\n");
  const { code, output } = tree.check("lint");
  expect(output).toContain("noDefaultExport");
  expect(output).toContain("noConsole");
  expect(output).toContain("fix: npm run fix");
  expect(code).toBe(1);
});
