// Loaded with `--import` into each thread of a server: writes the path of each file that the server opens, reads or looks at into the file
// that OPENED_PATHS names, one on a line as JSON. That is what the server asks of node:fs, and what it gives to native code to open.

import fs, { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const { promises } = fs;
const write = (path) => {
  if (typeof path === "string") appendFileSync(process.env.OPENED_PATHS, `${JSON.stringify(path)}\n`);
};
for (const name of ["access", "lstat", "open", "opendir", "readdir", "readFile", "realpath", "stat"]) {
  const original = promises[name];
  promises[name] = (path, ...rest) => {
    write(path);
    return original.call(promises, path, ...rest);
  };
}
syncBuiltinESMExports();
const { Index } = await import("@maxsimd/native");
const { load } = Index;
Index.load = (path, ...rest) => {
  write(path);
  return load.call(Index, path, ...rest);
};
