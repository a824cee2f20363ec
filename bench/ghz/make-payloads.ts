/** Writes the payload files of queries in .npy files, for `ghz --binary-file`. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readNpy } from "@maxsimd/native";
import { searchPayload, searchStreamPayload } from "./payloads.js";

const USAGE = `usage: node bench/dist/ghz/make-payloads.js QUERY_VECTORS.npy QUERY_LENS.npy FOLDER

Writes FOLDER/search.bin and FOLDER/search-stream.bin. QUERY_VECTORS: [rows, dim], f16 or f32, all queries one after another;
QUERY_LENS: rows of each query.
`;

const [vectors, lens, folder] = process.argv.slice(2);
if (vectors === undefined || lens === undefined || folder === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  const { data, shape } = readNpy(vectors);
  if (!(data instanceof Uint16Array || data instanceof Float32Array))
    throw new Error(`${vectors}: expected f16 or f32`);
  const lengths = Array.from(readNpy(lens).data, Number);
  const queries = { data, dim: shape[1] as number, lengths };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "search.bin"), searchPayload(queries));
  writeFileSync(join(folder, "search-stream.bin"), searchStreamPayload(queries));
}
