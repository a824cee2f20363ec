// Runs before `npm pack` or `npm publish` in a workspace. A workspace is a part of a package: packed alone it would ask for
// packages that nobody publishes.

import process from "node:process";

console.error("a workspace is not a package; run npm run pack in the root, which writes the tarballs to dist/tarballs");
process.exitCode = 1;
