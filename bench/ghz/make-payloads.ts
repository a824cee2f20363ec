/** Writes the payload files for the queries of `.npy` files, for `ghz --binary-file`. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type QuerySet, readQueries } from "@maxsimd/report/dataset";
import { searchPayload, searchStreamPayload } from "./payloads.js";

const USAGE = `usage: node bench/dist/ghz/make-payloads.js QUERY_VECTORS.npy QUERY_LENS.npy FOLDER

Writes FOLDER/search.bin and FOLDER/search-stream.bin. QUERY_VECTORS: [rows, dim], f16 or f32, all queries one after another;
QUERY_LENS: rows of each query.
`;

/** Writes search.bin and search-stream.bin into a folder, which is made if it is missing. */
export function writePayloads(queries: QuerySet, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "search.bin"), searchPayload(queries));
  writeFileSync(join(folder, "search-stream.bin"), searchStreamPayload(queries));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [vectors, lens, folder] = process.argv.slice(2);
  if (vectors === undefined || lens === undefined || folder === undefined) {
    console.error(USAGE);
    process.exitCode = 2;
  } else {
    writePayloads(await readQueries(vectors, lens), folder);
  }
}
