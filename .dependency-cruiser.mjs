// Who may import whom. Everything that no rule of `allowed` names is refused; `forbidden` says the rest with its reason.

/** The layers of the server, highest first. A part may import what stands below it, never beside or above. */
const SERVER_LAYERS = [["main"], ["transport"], ["services"], ["admission", "catalog", "engine", "access"], ["errors"]];
/** Reached from every layer; they know none of them but the errors. */
const SERVER_EVERYWHERE = ["config", "observe"];

/** Code that only tests use: the tests, and what stands beside `src` for them. */
const TEST =
  "(\\.test\\.ts$|^(server|native/binding)/testing/|^clients/(report|cli|encoder)/testing/|^clients/typescript/peer/|^test/)";
const SERVER_TEST = "^server/(testing/|.*\\.test\\.ts$)";
const FS = "^(node:)?fs(/promises)?$";
/** A part of the server is a folder of server/src, or one file there. `index.ts`, the published entry, belongs to main. */
const serverPart = (names) => `^server/src/(${names.join("|")})(/|\\.ts$)`;
const MAIN = ["main", "index", "start", "run-server", "daemon", "reload"];

const serverEdges = SERVER_LAYERS.flatMap((layer, depth) => {
  const below = [...SERVER_LAYERS.slice(depth + 1).flat(), ...SERVER_EVERYWHERE];
  return layer.map((part) => {
    const names = part === "main" ? MAIN : [part];
    const own = part === "errors" ? names : [...names, ...below];
    return { from: { path: serverPart(names) }, to: { path: serverPart(own) } };
  });
});

/** A workspace as others see it: its built entry, or its name when it is not built yet. */
const PROTO = "^(proto/dist/|@maxsimd/proto$)";
const NATIVE = "^(native/binding/dist/|@maxsimd/native(/(searching|comparison))?$)";
/** Corpora for the tests of all packages. */
const CORPORA = "^(native/binding/testing/|@maxsimd/native/testing$)";
const SERVER = "^(server/dist/|@maxsimd/server(/access|/daemon|/catalog)?$)";
const CLIENT = "^(clients/typescript/dist/|@maxsimd/client$)";
const REPORT = "^(clients/report/dist/|@maxsimd/report(/dataset|/format|/page)?$)";
const ENCODER = "^(clients/encoder/dist/|@maxsimd/encoder$)";
/** What the command exports for others: its progress display. */
const CLI = "^(clients/cli/dist/output/|@maxsimd/cli/progress$)";
const BENCH = "^(bench/dist/|@maxsimd/bench)";

export default {
  options: {
    doNotFollow: { path: ["(^|/)node_modules/", "(^|/)dist/"] },
    exclude: { path: "\\.d\\.ts$" },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },

  allowed: [
    // Anything from npm and from Node, but for what `forbidden` gives one home.
    { from: {}, to: { path: "(^|/)node_modules/" } },
    { from: {}, to: { dependencyTypes: ["core"] } },
    // Inside one package.
    {
      from: {
        path: "^(proto|native/binding|clients/typescript|clients/report|clients/encoder|clients/cli|bench|test)/",
      },
      to: { path: "^$1/" },
    },
    ...serverEdges,
    ...SERVER_EVERYWHERE.map((part) => ({
      from: { path: serverPart([part]) },
      to: { path: serverPart([part, "errors"]) },
    })),
    // A unit test in the server may set up what stands beside the part that it tests.
    { from: { path: SERVER_TEST }, to: { path: "^server/" } },
    { from: { path: "^vitest\\.config\\.ts$" }, to: {} },
    // The addon's tests use it as others do.
    { from: { path: ["^native/binding/.*\\.test\\.ts$", "^native/binding/testing/"] }, to: { path: NATIVE } },
    // Between packages.
    { from: { path: "^(server|clients)/" }, to: { path: PROTO } },
    // The index, and the pointer of its folder.
    { from: { path: "^server/src/(engine|catalog)/" }, to: { path: NATIVE } },
    { from: { path: SERVER_TEST }, to: { path: NATIVE } },
    { from: { path: TEST }, to: { path: CORPORA } },
    { from: { path: "^clients/report/" }, to: { path: NATIVE } },
    { from: { path: "^clients/cli/" }, to: { path: [NATIVE, CLIENT, REPORT, SERVER, ENCODER] } },
    {
      from: { path: "^clients/cli/.*\\.test\\.ts$" },
      to: { path: "^clients/(report/testing|encoder/testing|typescript/peer)/" },
    },
    { from: { path: "^bench/" }, to: { path: [PROTO, NATIVE, CLIENT, REPORT, CLI, SERVER] } },
    { from: { path: "^test/" }, to: { path: [PROTO, NATIVE, CLIENT, REPORT, CLI, SERVER, BENCH, ENCODER] } },
  ],
  allowedSeverity: "error",

  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "resolves",
      comment: "an import of nothing; a package of this tree that is not built yet is another matter",
      severity: "error",
      from: {},
      to: {
        couldNotResolve: true,
        pathNot:
          "^@maxsimd/(proto|native(/searching|/comparison|/testing)?|server(/access|/daemon|/catalog)?|client|report(/dataset|/format|/page)?|cli/progress|encoder|bench)$",
      },
    },
    {
      name: "declared",
      comment: "a package is named in the package.json of the workspace that imports it",
      severity: "error",
      from: { pathNot: [TEST, "^vitest\\.config\\.ts$"] },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "public-entry",
      comment: "a package is entered by what its `exports` name, never by a path into it",
      severity: "error",
      from: {
        path: "^(proto|native/binding|server|clients/typescript|clients/report|clients/encoder|clients/cli|bench|test)/",
      },
      to: {
        path: "^(proto|native/binding|server|clients/typescript|clients/report|clients/encoder|clients/cli|bench|test)/(src|lib|gen)/",
        pathNot: "^$1/",
      },
    },
    {
      name: "grpc-in-transport",
      comment: "gRPC's library has one importer in the server, and the client",
      severity: "error",
      from: { pathNot: ["^server/src/transport/", "^clients/typescript/", SERVER_TEST] },
      to: { path: "(^|/)(@grpc/|grpc-health-check)" },
    },
    {
      name: "piscina-in-engine",
      comment: "worker threads are the engine's, and the encoder's",
      severity: "error",
      from: { pathNot: "^(server/src/engine|clients/encoder/src)/" },
      to: { path: "(^|/)piscina(/|$)" },
    },
    {
      name: "onnx-in-encoder",
      comment: "a server without an encoder loads neither ONNX Runtime nor a tokenizer",
      severity: "error",
      from: { pathNot: "^clients/encoder/src/" },
      to: { path: "(^|/)(onnxruntime-|@huggingface/)" },
    },
    {
      name: "files-in-config-and-catalog",
      comment:
        "what of the server touches files is its configuration and its catalog; names come over the wire, never paths",
      severity: "error",
      from: {
        path: "^(server|clients/typescript)/",
        pathNot: ["^server/src/(config|catalog)/", "^server/src/observe/open-files\\.ts$", TEST],
      },
      to: { path: FS },
    },
    {
      name: "not-to-bench-or-test",
      severity: "error",
      from: { pathNot: "^(bench|test)/" },
      to: { path: ["^(bench|test)/", "^@maxsimd/(bench|test)"] },
    },
    {
      name: "not-to-tests",
      comment: "what is shipped uses nothing that is for tests",
      severity: "error",
      from: { pathNot: TEST },
      to: { path: TEST },
    },
  ],
};
