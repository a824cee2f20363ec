// Compares a collection with what it should hold.

import { isDeepStrictEqual } from "node:util";
import type { Collection, Index } from "@maxsimd/native";
import { DIM, MOST_N } from "./change.js";
import type { Dictionary } from "./dictionary.js";

/** Documents whose token vectors are counted, of those that there are. */
const SAMPLE = 60;
/** Fills the places of a result that has fewer documents. */
const NO_DOCUMENT = 4294967295;

/** Positions of the documents by their ids. @throws if a position has no id, or an id is not that of its position */
function readIds(index: Index): Map<string, number> {
  const { documents, deleted } = index.info;
  const ids = index.ids(Uint32Array.from({ length: documents + deleted }, (_, position) => position));
  // A deleted document keeps its position and its id. The id leads to the document that replaced it, or nowhere.
  const live = ids.flatMap((id, position) => (index.find(id) === position ? [[id, position] as const] : []));
  const positions = new Map(live);
  if (positions.size !== documents) {
    throw new Error(`${documents} documents are counted, but ${positions.size} are found by their ids`);
  }
  return positions;
}

/** Ids that one set has and the other does not, a few of them. */
function onlyIn(some: { keys(): Iterable<string> }, others: { has(id: string): boolean }): string[] {
  return [...some.keys()].filter((id) => !others.has(id)).slice(0, 5);
}

/** The first thing in which the documents of an index differ from those that it should hold; undefined if there is nothing. */
export function difference(index: Index, { documents }: Dictionary): string | undefined {
  const positions = readIds(index);
  const [missing, foreign] = [onlyIn(documents, positions), onlyIn(positions, documents)];
  if (missing.length > 0) return `${missing.join(", ")} should be there`;
  if (foreign.length > 0) return `${foreign.join(", ")} should not be there`;
  for (const [id, { fields }] of documents) {
    const found = index.fields(positions.get(id) as number);
    if (!isDeepStrictEqual(found, fields)) {
      return `${id} should have ${JSON.stringify(fields)}, but has ${JSON.stringify(found)}`;
    }
  }
  return undefined;
}

/** @throws if a search for all documents, a count by a filter, or the tokens of some documents are not as they should be */
export async function checkAnswers(index: Index, dictionary: Dictionary, random: () => number): Promise<void> {
  const expected = dictionary.withTokens();
  const query = Float32Array.from({ length: 2 * DIM }, () => random() - 0.5);
  const params = { k: 10_000, kCentroids: 10_000, kDocsToScore: 10_000, alpha: null };
  const { docIds } = await index.search(query, params);
  const found = index.ids(docIds.filter((position) => position !== NO_DOCUMENT));
  const once = new Set(found);
  const wrong = [...onlyIn(expected, once), ...onlyIn(once, expected)];
  if (wrong.length > 0 || once.size !== found.length) {
    throw new Error(`a search finds ${found.length} documents, expected ${expected.size}: ${wrong.join(", ")}`);
  }
  const from = Math.floor(random() * MOST_N);
  const matching = [...expected].filter((id) => (dictionary.documents.get(id)?.fields.n ?? 0) >= from).length;
  const counted = index.count({ range: { field: "n", gte: from } });
  if (counted !== matching) throw new Error(`${counted} documents match n >= ${from}, expected ${matching}`);

  const documents = [...dictionary.documents.values()];
  for (let i = 0; i < SAMPLE && documents.length > 0; i++) {
    const { id, tokens } = documents[Math.floor(random() * documents.length)] as (typeof documents)[number];
    const stored = index.getDocumentEmbeddings(index.find(id) as number).length / DIM;
    if (stored !== tokens) throw new Error(`${id} has ${stored} tokens, expected ${tokens}`);
  }
}

/**
 * Opens every version that is listed and checks every byte of it.
 *
 * @param sizes number of documents of the versions that were acknowledged, by label
 * @throws if a version cannot be opened, is damaged, or has another number of documents
 */
export async function checkVersions(collection: Collection, sizes: ReadonlyMap<string, number>): Promise<void> {
  for (const { version, documents } of await collection.versions()) {
    const index = await collection.load(version);
    await index.verify();
    const expected = sizes.get(version) ?? documents ?? index.len;
    if (index.len !== expected || (documents ?? expected) !== expected) {
      throw new Error(`version ${version} has ${index.len} documents and lists ${documents}, expected ${expected}`);
    }
    index.close();
  }
}
