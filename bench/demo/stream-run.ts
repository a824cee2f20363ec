/** The sample's queries over one bidirectional stream: once for their results, then again for latency and throughput. */

import { EventEmitter, once } from "node:events";
import type { Hit, MaxsimClient, StreamQuery } from "@maxsimd/client";
import { FIELDS } from "./hits.js";
import { queryTokens, type Sample } from "./sample.js";

/** Queries sent one after another, each when the previous one is answered. */
const ALONE = 600;
/** Queries sent as fast as the stream takes them. */
const TOGETHER = 3000;

export interface StreamRun {
  /** Document ids and scores of each query of the sample, best first. */
  rankings: readonly { docIds: Uint32Array; scores: Float32Array }[];
  /** The same with ids and fields. */
  found: readonly (readonly Hit[])[];
  /** Milliseconds from handing a query to the stream to its answer, for one query at a time. */
  latenciesMs: readonly number[];
  queriesPerSecond: number;
  /** Label of the version that answered. */
  indexVersion: string;
}

interface Sent {
  phase: "find" | "alone" | "together";
  query: number;
}

/** @throws the error of the first query that fails */
export async function runOnOneStream(client: MaxsimClient, sample: Sample): Promise<StreamRun> {
  const rankings: { docIds: Uint32Array; scores: Float32Array }[] = [];
  const found: (readonly Hit[])[] = [];
  const latenciesMs: number[] = [];
  const answers = new EventEmitter();
  let answered = 0;
  const { count } = sample.queries;
  let [indexVersion, sentAt, togetherSince] = ["", 0, 0];

  async function untilAnswered(total: number): Promise<void> {
    while (answered < total) await once(answers, "answer");
  }

  async function* source(): AsyncGenerator<StreamQuery<Sent>> {
    const make = (phase: Sent["phase"], i: number): StreamQuery<Sent> => {
      const query = i % count;
      const params = phase === "find" ? { fields: FIELDS } : undefined;
      return { id: { phase, query }, query: queryTokens(sample, query), params };
    };
    for (let i = 0; i < count; i++) yield make("find", i);
    await untilAnswered(count);
    for (let i = 0; i < ALONE; i++) {
      const query = make("alone", i);
      sentAt = performance.now();
      yield query;
      await untilAnswered(count + i + 1);
    }
    togetherSince = performance.now();
    for (let i = 0; i < TOGETHER; i++) yield make("together", i);
  }

  for await (const outcome of client.searchStream(source())) {
    if (outcome.error !== undefined) throw outcome.error;
    const { phase, query } = outcome.id;
    if (phase === "find") {
      rankings[query] = { docIds: outcome.docIds, scores: outcome.scores };
      found[query] = outcome.hits;
    }
    if (phase === "alone") latenciesMs.push(performance.now() - sentAt);
    indexVersion = outcome.indexVersion.version;
    answered += 1;
    answers.emit("answer");
  }
  const seconds = (performance.now() - togetherSince) / 1000;
  return { rankings, found, latenciesMs, queriesPerSecond: TOGETHER / seconds, indexVersion };
}
