/** The sample's index while it answers: a question with a filter, then a document that is added, found and deleted. */

import { AdminClient, type Answer, attributes, type Filter, type MaxsimClient } from "@maxsimd/client";
import { FIELDS, showHits } from "./hits.js";
import { queryTokenIds, queryTokens, type Sample } from "./sample.js";
import type { SampleIndex } from "./sample-index.js";

/** Milliseconds from a call of the client to its result. Programs read these, so the names do not change. */
export interface ChangeTimes {
  filtered_ms: number;
  upsert_ms: number;
  delete_ms: number;
}

const YEAR = 1960;
const NOTE = { id: "note-1", title: "a note that was just added" };

/**
 * Shows what it does as it does it. The versions that it makes are removed, whether it fails or not.
 *
 * @throws Error when an answer is not what the change before it says
 */
export async function runChanges(
  client: MaxsimClient,
  adminAddress: string,
  sample: Sample,
  { index, version }: SampleIndex,
  show: (text: string) => void,
): Promise<ChangeTimes> {
  const query = queryTokens(sample, 0);
  const ask = (k: number, filter?: Filter) => client.search(query, { k, filter, fields: FIELDS });

  const newer = attributes({ year: "integer" }).year.gte(YEAR);
  const { documents } = await client.describe();
  const matching = (await ask(documents, newer)).ids.length;
  const [filtered, filtered_ms] = await timed(() => ask(5, newer));
  show(`The first question again, year ${YEAR} or later: ${matching} of ${documents} documents match.`);
  show(`${showHits(filtered.hits)}\n`);
  show(step("filtered search", filtered_ms, filtered, "5 hits"));

  const admin = new AdminClient(adminAddress);
  const collection = admin.collection(index);
  try {
    const note = { id: NOTE.id, tokens: query, tokenIds: queryTokenIds(sample, 0), fields: { title: NOTE.title } };
    const [added, upsert_ms] = await timed(() => collection.upsert([note]));
    show(step(`upsert of "${NOTE.id}"`, upsert_ms, added, `${added.added} document added`));
    const [found, found_ms] = await timed(() => ask(5));
    if (found.ids[0] !== NOTE.id) throw new Error(`expected ${NOTE.id} as the first hit, got ${found.ids[0]}`);
    show(step("the same question", found_ms, found, `first: ${NOTE.id}, "${found.fields[0]?.["title"]}"`));

    const [deleted, delete_ms] = await timed(() => collection.delete([NOTE.id]));
    show(step(`delete of "${NOTE.id}"`, delete_ms, deleted, `${deleted.deleted} document deleted`));
    const [gone, gone_ms] = await timed(() => ask(documents));
    if (gone.ids.includes(NOTE.id)) throw new Error(`expected no hit ${NOTE.id} after it was deleted`);
    show(
      step(
        "the same question",
        gone_ms,
        gone,
        `first: ${gone.ids[0]}; ${NOTE.id} is not among ${gone.ids.length} hits`,
      ),
    );
    return { filtered_ms, upsert_ms, delete_ms };
  } finally {
    await collection.rollback(version);
    await collection.removeVersions({ keep: 0 });
    admin.close();
  }
}

async function timed<T>(call: () => Promise<T>): Promise<[T, number]> {
  const started = performance.now();
  const result = await call();
  return [result, performance.now() - started];
}

/** One line: what was done, how long it took, what came of it, and the version that answered or was made. */
function step(
  what: string,
  milliseconds: number,
  { indexVersion }: Pick<Answer, "indexVersion">,
  result: string,
): string {
  return `${what.padEnd(20)} ${milliseconds.toFixed(1).padStart(7)} ms  version ${indexVersion.version.padEnd(16)} ${result}`;
}
