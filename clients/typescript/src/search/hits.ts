import type { Hits as WireHits } from "@maxsimd/proto";

/** One document of an answer. */
export interface Hit {
  /** Position of the document in the corpus that the index was built from. */
  readonly docId: number;
  /** MaxSim score, on the scale of the original vectors. */
  readonly score: number;
}

/** The documents of one answer, best first: packed arrays, shown as hits when somebody looks. */
export class Hits {
  /** Document ids, best first. */
  readonly docIds: Uint32Array;
  /** Scores, as many as `docIds`. */
  readonly scores: Float32Array;
  #hits: readonly Hit[] | undefined;

  constructor(message: WireHits | undefined) {
    this.docIds = new Uint32Array(message?.docIds ?? []);
    this.scores = new Float32Array(message?.scores ?? []);
  }

  /** The same as objects, made on first use. Fewer than k only when there are no more documents to return. */
  get hits(): readonly Hit[] {
    this.#hits ??= Array.from(this.docIds, (docId, i) => ({ docId, score: this.scores[i] as number }));
    return this.#hits;
  }
}
