import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EXIT } from "../exit-code.js";
import { readAttributes } from "./attribute-file.js";

// The promise: the rows of a Parquet file are fields as JSON has them, and what JSON does not hold is refused by row and column.

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "maxsimd-parquet-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Columns = Parameters<typeof parquetWriteBuffer>[0]["columnData"];

function parquet(columnData: Columns): string {
  const path = join(folder, "fields.parquet");
  writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData })));
  return path;
}

it("gives each row as an object, without what is null", async () => {
  const path = parquet([
    { name: "id", data: ["a", "b"], type: "STRING" },
    { name: "year", data: [1999n, 2n ** 40n], type: "INT64" },
    { name: "price", data: [0.5, null], type: "DOUBLE" },
    { name: "old", data: [true, false], type: "BOOLEAN" },
    { name: "made", data: [new Date(Date.UTC(2020, 1, 3)), null], type: "TIMESTAMP" },
    { name: "more", data: [{ tags: ["x", "y"] }, null], type: "JSON" },
  ] as Columns);
  expect(await readAttributes(path)).toEqual([
    { id: "a", year: 1999, price: 0.5, old: true, made: "2020-02-03T00:00:00.000Z", more: { tags: ["x", "y"] } },
    { id: "b", year: 2 ** 40, old: false },
  ]);
});

it("leaves other files to the engine", async () => {
  expect(await readAttributes("fields.jsonl")).toBe("fields.jsonl");
  expect(await readAttributes(undefined)).toBeUndefined();
});

it.each<[string, () => string, string]>([
  [
    "a number that JSON does not hold",
    () => parquet([{ name: "n", data: [1n, 2n ** 60n], type: "INT64" }]),
    "row 1, column n: expected a whole number up to 2^53, got 1152921504606846976",
  ],
  [
    "NaN",
    () => parquet([{ name: "x", data: [Number.NaN], type: "DOUBLE" }]),
    "row 0, column x: expected a finite number, got NaN",
  ],
  [
    "bytes",
    () => parquet([{ name: "b", data: [new Uint8Array([255, 254])], type: "BYTE_ARRAY" }]),
    "row 0, column b: expected text, a number, a truth value or a time, got 2 bytes",
  ],
  [
    "a file of another kind",
    () => {
      const path = join(folder, "other.parquet");
      writeFileSync(path, "id,year\na,1\n");
      return path;
    },
    "other.parquet: expected a Parquet file, got one that does not read as such",
  ],
])("refuses %s", async (_, make, message) => {
  const failure = await readAttributes(make()).catch((error: unknown) => error);
  expect(failure).toMatchObject({ exitCode: EXIT.BAD_DATA });
  expect((failure as Error).message).toContain(message);
});
