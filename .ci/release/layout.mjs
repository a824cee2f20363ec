// What each published package holds. The workspaces are the parts of the source; a package is one or several of them.

/** The version of everything that is published. `npm run check -- versions` compares all other places with it. */
export const VERSION_FILE = "package.json";

/**
 * The systems that @maxsimd/native has a package for, as napi-rs names them. `node` is what Node calls the system, `rust` its
 * target. Linux packages ask for a C library: `glibc` is the oldest version that the addon runs with.
 */
export const PLATFORMS = [
  { name: "linux-x64-gnu", node: { os: "linux", cpu: "x64", libc: "glibc" }, rust: "x86_64-unknown-linux-gnu" },
  { name: "linux-arm64-gnu", node: { os: "linux", cpu: "arm64", libc: "glibc" }, rust: "aarch64-unknown-linux-gnu" },
  { name: "linux-x64-musl", node: { os: "linux", cpu: "x64", libc: "musl" }, rust: "x86_64-unknown-linux-musl" },
  { name: "linux-arm64-musl", node: { os: "linux", cpu: "arm64", libc: "musl" }, rust: "aarch64-unknown-linux-musl" },
  { name: "darwin-arm64", node: { os: "darwin", cpu: "arm64" }, rust: "aarch64-apple-darwin" },
];

/** The oldest glibc of the Linux packages: that of Node 20's own builds. */
export const GLIBC = "2.28";

/**
 * The packages made of workspaces. `manifest` is the workspace whose package.json is published; its `dependencies` are joined
 * with those of `joined`, whose code is inside the package. `copies` lists folders: `from` in the tree, `to` in the package,
 * `sources` where the sources of built files are (a built file without a source is a leftover and stays out), `types` whether
 * declarations go in. `optional` lists packages of this project that are loaded if they are installed. `specifiers` says which file of the package an import leads to; any other @maxsimd import must be a
 * dependency.
 */
export const PACKAGES = [
  {
    name: "@maxsimd/client",
    manifest: "clients/typescript",
    joined: ["proto"],
    copies: [
      { from: "clients/typescript/dist", to: "dist", sources: "clients/typescript/src", types: true },
      { from: "clients/typescript/cjs", to: "cjs", sources: "clients/typescript/src", types: true },
      { from: "proto/dist", to: "dist/wire", sources: "proto", types: true },
      { from: "proto/cjs", to: "cjs/wire", sources: "proto", types: true },
      { from: "proto/maxsimd", to: "proto/maxsimd" },
      { from: "proto/google", to: "proto/google" },
    ],
    specifiers: [
      { under: "cjs", imports: { "@maxsimd/proto": "cjs/wire/index.js" } },
      { under: "dist", imports: { "@maxsimd/proto": "dist/wire/index.js" } },
    ],
  },
  {
    name: "@maxsimd/native",
    manifest: "native/binding",
    joined: [],
    platforms: true,
    copies: [
      { from: "native/binding/dist", to: "dist", sources: "native/binding/lib", types: true },
      { from: "native/binding/gen", to: "gen", types: true },
    ],
    specifiers: [],
  },
  {
    name: "@maxsimd/encoder",
    manifest: "clients/encoder",
    joined: [],
    copies: [{ from: "clients/encoder/dist", to: "dist", sources: "clients/encoder/src", types: true }],
    specifiers: [],
  },
  {
    name: "@maxsimd/server",
    manifest: "server",
    joined: ["proto", "clients/report", "clients/cli"],
    /** Loaded if it is installed; npm does not install it by itself. */
    optional: ["@maxsimd/encoder"],
    bin: { maxsimd: "cli/bin/maxsimd.js" },
    copies: [
      { from: "server/dist", to: "dist", sources: "server/src", types: true },
      { from: "proto/dist", to: "wire", sources: "proto", types: true },
      { from: "clients/cli/dist", to: "cli/dist", sources: "clients/cli/src" },
      { from: "clients/cli/bin", to: "cli/bin" },
      { from: "clients/report/dist", to: "report/dist", sources: "clients/report/src" },
      { from: "clients/report/style.css", to: "report/style.css" },
    ],
    /** Bundled into one file: Vega is some fifty packages, and only the pages of `maxsimd report` draw. */
    bundle: {
      packages: ["vega", "vega-lite"],
      entry: 'export { None, parse, View } from "vega"; export { compile } from "vega-lite";',
      file: "report/plots/vega.js",
    },
    specifiers: [
      {
        under: "",
        imports: {
          "@maxsimd/proto": "wire/index.js",
          "@maxsimd/server": "dist/index.js",
          "@maxsimd/server/access": "dist/access/index.js",
          "@maxsimd/server/catalog": "dist/catalog/index.js",
          "@maxsimd/server/daemon": "dist/daemon.js",
          "@maxsimd/report": "report/dist/index.js",
          "@maxsimd/report/dataset": "report/dist/dataset/index.js",
          "@maxsimd/report/format": "report/dist/format.js",
          vega: "report/plots/vega.js",
          "vega-lite": "report/plots/vega.js",
        },
      },
    ],
  },
];
