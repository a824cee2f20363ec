import { createHash } from "node:crypto";
import type { Filter, Index } from "@maxsimd/native";
import { unitVectors } from "../../../native/binding/testing/corpus.js";

/** Everything that a golden file is asked, as JSON. Scores and vectors are given by their bits. */
export interface Answers {
  digest: string;
  documents: number;
  deleted: number;
  segments: number;
  tokens: number;
  centroids: number;
  attributes: Record<string, string>;
  /** SHA-256 of position, id and fields of each document that is not deleted, as JSON. */
  records: string;
  /** For each filter, the documents of one query, with the bits of their scores. */
  found: { filter: Filter | null; ids: string[]; scores: number[] }[];
  /** SHA-256 of the restored vectors of all documents. */
  vectors: string;
}

const FILTERS: readonly (Filter | undefined)[] = [
  undefined,
  { equals: { field: "section", value: "s1" } },
  { oneOf: { field: "tags", values: ["t0", "t2"] } },
  { range: { field: "year", gte: 1995, lt: 2003 } },
  { range: { field: "price", gt: 2 } },
  { equals: { field: "open", value: true } },
  { range: { field: "at", lte: "2026-01-09T00:00:00Z" } },
  { noneOf: [{ exists: { field: "section" } }, { ids: ["d2"] }] },
];

/** Asks an open index of documents with the fields that `make` gives them. */
export async function ask(index: Index): Promise<Answers> {
  const { digest, documents, deleted, segments, tokens, centroids, attributes } = index.info;
  const found: Answers["found"] = [];
  for (const [number, filter] of FILTERS.entries()) {
    const { docIds, scores } = await index.search(unitVectors(3, index.dim, 40 + number), { k: 12, filter });
    // Places that no document fills have no id.
    const ids = index.ids(docIds);
    const filled = ids.filter((id) => id !== "").length;
    const bits = [...new Uint32Array(scores.buffer, scores.byteOffset, filled)];
    found.push({ filter: filter ?? null, ids: ids.slice(0, filled), scores: bits });
  }
  const [recordHash, vectorHash] = [createHash("sha256"), createHash("sha256")];
  for (let position = 0; position < documents + deleted; position++) {
    vectorHash.update(index.getDocumentEmbeddings(position));
    const [id = ""] = index.ids(Uint32Array.of(position));
    if (index.find(id) === position) recordHash.update(JSON.stringify([position, id, index.fields(position)]));
  }
  const [records, vectors] = [recordHash.digest("hex"), vectorHash.digest("hex")];
  return { digest, documents, deleted, segments, tokens, centroids, attributes, records, found, vectors };
}
