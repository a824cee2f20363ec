import type { SearchResponse } from "@maxsimd/proto";
import { Hits } from "./hits.js";
import { type IndexVersion, indexVersionOf } from "./index-version.js";

/** Time the server spent on a request. */
export interface ServerTiming {
  /** Microseconds from arrival until a worker took it. */
  readonly queueMicros: number;
  /** Microseconds in native code, validation included. */
  readonly searchMicros: number;
}

/** The answer to one query. */
export class Answer extends Hits {
  /** The version that answered. */
  readonly indexVersion: IndexVersion;
  readonly timing: ServerTiming;

  constructor(response: SearchResponse) {
    super(response.hits);
    this.indexVersion = indexVersionOf(response.indexVersion);
    this.timing = { queueMicros: response.timing?.queueUs ?? 0, searchMicros: response.timing?.searchUs ?? 0 };
  }

  toJSON() {
    return { hits: this.hits, indexVersion: this.indexVersion, timing: this.timing };
  }
}
