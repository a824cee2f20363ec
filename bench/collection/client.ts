/**
 * A client that `npm run bench:collection` runs as a process of its own: `client.js <data set's folder> <address> <search | upsert>`. For
 * each line on standard input, a number of seconds, it works so long and prints one line of JSON (`Work`).
 */

import { constants, setPriority } from "node:os";
import { createInterface } from "node:readline";
import { AdminClient, MaxsimClient } from "@maxsimd/client";
import { type Corpus, readCorpus } from "./corpus.js";
import { TOGETHER } from "./points.js";

/** What one run did. */
export interface Work {
  /** From call to answer, of each call. */
  readonly milliseconds: readonly number[];
  readonly seconds: number;
}

// A client that upserts is elsewhere. Here it shares the cores with the server, and so must leave them to it.
if (process.argv[4] === "upsert") setPriority(constants.priority.PRIORITY_LOW);

const [folder = "", address = "", kind = ""] = process.argv.slice(2);
const corpus = await readCorpus(folder);
const call = kind === "search" ? await searching(corpus) : upserting(corpus);

async function searching({ queries, dim }: Corpus): Promise<(i: number) => Promise<unknown>> {
  const client = await MaxsimClient.connect(address);
  const tokens = queries.map((bytes) => new Uint16Array(bytes.slice().buffer));
  return (i) => client.search({ data: tokens[i % tokens.length] ?? new Uint16Array(), dim });
}

/** Each call replaces some documents. */
function upserting({ offsets, vectors, tokenIds, doclens, attributes, dim }: Corpus): (i: number) => Promise<unknown> {
  const collection = new AdminClient(address).collection("papers");
  const document = (position: number) => {
    const [from = 0, to = 0] = [offsets[position], offsets[position + 1]];
    const tokens = from === to ? ([] as const) : { data: vectors.subarray(from * dim, to * dim), dim };
    return { id: `${position}`, tokens, tokenIds: tokenIds.subarray(from, to), fields: { r: attributes[position]?.r } };
  };
  return (i) => {
    const positions = Array.from({ length: TOGETHER }, (_, j) => (i * TOGETHER + j) % doclens.length);
    return collection.upsert(positions.map(document));
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const milliseconds: number[] = [];
  const started = performance.now();
  while (performance.now() - started < 1000 * Number(line)) {
    const sent = performance.now();
    await call(milliseconds.length);
    milliseconds.push(performance.now() - sent);
  }
  const work: Work = { milliseconds, seconds: (performance.now() - started) / 1000 };
  console.log(JSON.stringify(work));
}
process.exit();
