import { SearchRequestSchema } from "@maxsimd/proto";
import { DIM, type SampleCatalog, SEARCH, tensorOf } from "./sample-catalog.js";
import { median } from "./statistics.js";
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
 * A request whose search takes about so many milliseconds on this machine: of the sizes 8, 16, … 1,024 rows, the first whose median of 9
 * searches takes as long. So a capacity can be set that one client exceeds ten times over.
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
      const times: number[] = [];
      for (let i = 0; i < 9; i++) {
        const { status, code, text, ms } = await client.send(SEARCH, request);
        if (status !== 0) throw new Error(`a query of ${rows} rows was refused: ${code} ${text}`);
        times.push(ms);
      }
      if (median(times) >= searchMs || rows === MOST_ROWS) return { request, rows, ms: median(times) };
    }
  } finally {
    client.close();
  }
}
