import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Index } from "@maxsimd/native";
import { expect, it, test } from "vitest";
import { root } from "./support/root.js";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: native/core/src/format/FORMAT.md defines every byte of an index file. A reader in Python that was written from the page alone
// reads documents, ids, fields, attributes and vectors of the golden files as the index does.

interface Read {
  digest: string;
  dim: number;
  centroids: number;
  documents: {
    position: number;
    id: string;
    fields: Record<string, unknown>;
    attributes: Record<string, unknown[]>;
    vectors: number[][];
  }[];
}

const hasPython = spawnSync("python3", ["--version"]).status === 0;
const golden = join(root, "native/binding/testing/golden");
const folder = useTemporaryFolder();

function readInPython(file: string): { status: number | null; stdout: string; stderr: string } {
  const script = join(root, "test/support/read_index.py");
  return spawnSync("python3", ["-B", script, file], { encoding: "utf8", maxBuffer: 1 << 28 });
}

/** A field's value as a column holds it: keywords one by one and ascending, times in microseconds. */
function columnValues(value: unknown, type: string): unknown[] {
  if (type === "timestamp") return [Date.parse(String(value)) * 1000];
  return (Array.isArray(value) ? [...value] : [value]).sort();
}

test.runIf(hasPython).each(["exact", "clustered", "graph", "collection/built.1", "collection/built.4"])(
  "the page is enough to read %s",
  async (name) => {
    cpSync(join(golden, "version-1"), folder.path, { recursive: true });
    const file = join(folder.path, `${name}.maxsim`);
    const { stdout, stderr } = readInPython(file);
    expect(stderr).toBe("");
    const read = JSON.parse(stdout) as Read;
    const index = await Index.load(file);
    const { digest, dim, centroids, documents, attributes } = index.info;
    expect([read.digest, read.dim, read.centroids, read.documents.length]).toEqual([digest, dim, centroids, documents]);
    for (const { position, id, fields, attributes: columns, vectors } of read.documents) {
      expect([id, fields]).toEqual([index.ids(Uint32Array.of(position))[0], index.fields(position)]);
      const present = Object.entries(attributes).filter(([field]) => field in fields);
      expect(columns).toEqual(
        Object.fromEntries(present.map(([field, type]) => [field, columnValues(fields[field], type)])),
      );
      const restored = [...index.getDocumentEmbeddings(position)];
      expect(vectors.flat().length).toBe(restored.length);
      const error = vectors.flat().map((value, i) => Math.abs(value - (restored[i] ?? Number.NaN)));
      // Python computes in f64, the index in f32.
      expect(Math.max(0, ...error)).toBeLessThan(1e-5);
    }
    index.close();
  },
  30_000,
);

it.runIf(hasPython)("the reader verifies the checksums", () => {
  const bytes = readFileSync(join(golden, "version-1/exact.maxsim"));
  bytes[bytes.length - 100] = (bytes[bytes.length - 100] ?? 0) ^ 1;
  const file = join(folder.path, "damaged.maxsim");
  writeFileSync(file, bytes);
  const { status, stderr } = readInPython(file);
  expect([status, stderr]).toEqual([1, expect.stringContaining("checksum of section")]);
});
