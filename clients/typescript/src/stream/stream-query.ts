import type { SearchParams } from "../search/search-params.js";
import type { TokenMatrix } from "../tensor/token-matrix.js";

/** One query of a stream. */
export interface StreamQuery<Id> {
  /** Given back with the outcome; of any type, and not sent. Without one: the query's position in the stream, from 0. */
  id?: Id;
  query: TokenMatrix;
  /** Laid over the stream's parameters. */
  params?: SearchParams | undefined;
}
