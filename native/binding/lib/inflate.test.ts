import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { inflate, MaxsimError } from "./index.js";

// The promise: bytes that are decompressed are those that were compressed, never more than was allowed, and never a part.

const BYTES = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) >> 7);
const FORMATS = [
  ["gzip", gzipSync],
  ["deflate", deflateSync],
] as const;

describe.each(FORMATS)("%s", (format, compress) => {
  it("gives back what was compressed, up to the last byte that is allowed", async () => {
    const compressed = compress(BYTES);
    expect(await inflate(compressed, format, BYTES.length)).toEqual(BYTES);
    expect(await inflate(compressed, format, BYTES.length - 1)).toBeUndefined();
    expect(await inflate(compress(new Uint8Array(0)), format, 0)).toEqual(new Uint8Array(0));
  });

  it("refuses a stream that is cut short, changed or in another format", async () => {
    const compressed = compress(BYTES);
    const wrong = Buffer.from(compressed);
    wrong[wrong.length - 5]! ^= 1;
    const other = format === "gzip" ? deflateSync(BYTES) : gzipSync(BYTES);
    for (const bytes of [compressed.subarray(0, -1), wrong, other, new Uint8Array(0), BYTES]) {
      const error = await inflate(bytes, format, 2 * BYTES.length).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(MaxsimError);
      expect((error as MaxsimError).code).toBe("INVALID_INPUT");
    }
  });

  it("holds no more than is allowed, whatever a stream says", async () => {
    const bomb = compress(Buffer.alloc(256 << 20));
    const before = process.memoryUsage().rss;
    expect(await inflate(bomb, format, 1 << 20)).toBeUndefined();
    expect(process.memoryUsage().rss - before).toBeLessThan(16 << 20);
  });
});

it("reads every member of a gzip file", async () => {
  expect(await inflate(Buffer.concat([gzipSync("one "), gzipSync("two")]), "gzip", 100)).toEqual(
    new Uint8Array(Buffer.from("one two")),
  );
});
