import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeNpy } from "@maxsimd/native";
import { afterAll, describe, expect, it } from "vitest";
import { readQueries } from "./queries.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-queries-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const values = Float32Array.from({ length: 12 }, (_, i) => i);
writeNpy(at("matrix.npy"), values, [6, 2]);
writeNpy(at("cube.npy"), values, [2, 3, 2]);
writeNpy(at("double.npy"), Float64Array.from(values), [6, 2]);
writeNpy(at("flat.npy"), values, [12]);
writeNpy(at("ids.npy"), Uint32Array.from(values), [6, 2]);
writeNpy(at("minus.npy"), Int32Array.of(7, -1), [2]);
const brain = Buffer.from(
  readFileSync(at("ids.npy")).toString("latin1").replace("'<u4'", "'|V2'").replace("(6, 2)", "(6, 4)"),
  "latin1",
);
writeFileSync(at("brain.npy"), brain);
writeFileSync(at("u16.npy"), Buffer.from(brain.toString("latin1").replace("'|V2'", "'<u2'"), "latin1"));
writeNpy(at("lens.npy"), Int32Array.of(1, 3, 2), [3]);
writeNpy(at("long.npy"), Int32Array.of(1, 3, 3), [3]);

describe("readQueries", () => {
  it.each([
    ["a matrix as one query", "matrix.npy", undefined, [0n, 6n]],
    ["a matrix divided by lengths", "matrix.npy", "lens.npy", [0n, 1n, 4n, 6n]],
    ["an array of three dimensions as queries of equal length", "cube.npy", undefined, [0n, 3n, 6n]],
    ["f64 as f32", "double.npy", undefined, [0n, 6n]],
  ])("reads %s", async (_, file, lens, offsets) => {
    const set = await readQueries(at(file), lens && at(lens));
    expect(set).toEqual({
      ...{ count: offsets.length - 1, dim: 2, rows: 6, tokens: values },
      offsets: BigUint64Array.from(offsets),
    });
  });

  it("reads bf16 as f32", async () => {
    const { tokens } = await readQueries(at("brain.npy"));
    const view = new DataView(new ArrayBuffer(4));
    const expected = Array.from(new Uint16Array(Uint32Array.from(values).buffer), (bits) => {
      view.setUint16(0, bits);
      return view.getFloat32(0);
    });
    expect([...tokens]).toEqual(expected);
  });

  it.each([
    ["lengths that do not add up", "matrix.npy", "long.npy", "adds up to 7 rows, but"],
    ["one dimension", "flat.npy", undefined, "expected [rows, dim] or [queries, rows, dim]"],
    ["three dimensions with lengths", "cube.npy", "lens.npy", "expected [rows, dim], because "],
    ["lengths below 0", "matrix.npy", "minus.npy", "holds -1: expected the number of rows"],
    ["lengths that are no integers", "matrix.npy", "double.npy", "holds f64: expected the number of rows"],
    ["integers as wide as f16", "u16.npy", undefined, "holds u16: expected token vectors"],
    ["integers", "ids.npy", undefined, "holds u32: expected token vectors, f16, bf16, f32 or f64"],
  ])("refuses %s", async (_, file, lens, reason) => {
    await expect(readQueries(at(file), lens && at(lens))).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(reason),
    });
  });
});
