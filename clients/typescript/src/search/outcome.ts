import type { Hits as WireHits } from "@maxsimd/proto";
import type { MaxsimRpcError } from "../errors/maxsim-rpc-error.js";
import { Hits } from "./hits.js";
import type { IndexVersion } from "./index-version.js";

/**
 * What became of one query of a batch or stream; `error` tells the two apart. `id` is the query's position in a batch, and
 * the caller's own id in a stream.
 */
export type Outcome<Id = number> = Answered<Id> | Failed<Id>;

/** A query that was answered. */
export class Answered<Id> extends Hits {
  readonly id: Id;
  /** The version that answered. */
  readonly indexVersion: IndexVersion;
  readonly error: undefined = undefined;

  constructor(id: Id, hits: WireHits | undefined, indexVersion: IndexVersion) {
    super(hits);
    this.id = id;
    this.indexVersion = indexVersion;
  }

  toJSON() {
    return { id: this.id, hits: this.hits, indexVersion: this.indexVersion };
  }
}

/** A query that failed. The queries beside it are not affected. */
export class Failed<Id> {
  readonly id: Id;
  readonly error: MaxsimRpcError;
  /** The version that refused it; undefined when it never reached a server. */
  readonly indexVersion: IndexVersion | undefined;
  readonly hits: undefined = undefined;

  constructor(id: Id, error: MaxsimRpcError, indexVersion?: IndexVersion) {
    this.id = id;
    this.error = error;
    this.indexVersion = indexVersion;
  }

  toJSON() {
    const { code, message, field, expected, got } = this.error;
    return { id: this.id, error: { code, message, field, expected, got }, indexVersion: this.indexVersion };
  }
}
