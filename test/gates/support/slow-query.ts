import { fromBinary } from "@bufbuild/protobuf";
import { SearchRequestSchema, SearchResponseSchema } from "@maxsimd/proto";
import { DIM, type SampleCatalog, SEARCH, tensorOf } from "./sample-catalog.js";
import { bytesOf, WireClient } from "./wire-client.js";

/** Most rows of a query. */
const MOST_ROWS = 1024;

/** A query of so many rows that differ, of the sample's own. */
export function rowsOf({ queries }: SampleCatalog, rows: number): Uint8Array {
  const all = Buffer.concat(queries);
  const bytes = rows * DIM * 2;
  return new Uint8Array(Buffer.concat([...Array(Math.ceil(bytes / all.length))].map(() => all)).subarray(0, bytes));
}

/**
 * A request whose search takes about so many milliseconds on this machine: of the sizes 8, 16, … 1,024 rows, the first whose fastest of 9
 * searches takes as long, by the server's own measurement. So a capacity can be set that one client exceeds ten times over.
 */
export async function slowRequest(
  address: string,
  catalog: SampleCatalog,
  searchMs: number,
): Promise<{ request: Buffer; rows: number; ms: number }> {
  const client = new WireClient(address);
  try {
    for (let rows = 8; ; rows *= 2) {
      const request = bytesOf(SearchRequestSchema, { query: tensorOf(rowsOf(catalog, rows)) });
      let ms = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 9; i++) {
        const { status, code, text, messages } = await client.send(SEARCH, request);
        if (status !== 0) throw new Error(`a query of ${rows} rows was refused: ${code} ${text}`);
        const { timing } = fromBinary(SearchResponseSchema, messages[0] as Buffer);
        ms = Math.min(ms, (timing?.searchUs ?? 0) / 1000);
      }
      if (ms >= searchMs || rows === MOST_ROWS) return { request, rows, ms };
    }
  } finally {
    client.close();
  }
}
