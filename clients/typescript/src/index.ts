/** Client of the maxsimd daemon: late-interaction search over gRPC. */

export { AdminClient, type Swap } from "./admin-client.js";
export type { IndexDescription, LoadedVersion, ServedIndex, TierDrift, VersionState } from "./catalog.js";
export { MaxsimClient } from "./client.js";
export type { CatalogVersion, ChangeOptions, CollectionClient, UpsertOptions } from "./collection/collection-client.js";
export type { NewDocument } from "./collection/document-messages.js";
export type { MaxsimErrorCode, ServerErrorCode, TransportErrorCode } from "./errors/error-code.js";
export { MaxsimRpcError, type MaxsimRpcErrorInit } from "./errors/maxsim-rpc-error.js";
export type { HealthState } from "./health.js";
export type {
  CallOptions,
  ClientOptions,
  ConnectionOptions,
  SearchCallOptions,
  StreamOptions,
  TlsOptions,
} from "./options.js";
export {
  type Attributes,
  type AttributeType,
  and,
  attributes,
  type Filter,
  type FilterValue,
  ids,
  not,
  or,
} from "./search/filter.js";
export type {
  Answer,
  Answered,
  Explanation,
  Failed,
  Hit,
  Hits,
  IndexVersion,
  Outcome,
  ServerTiming,
  StoredFields,
} from "./search/results.js";
export type { SearchOptions, SingleSearchOptions } from "./search/search-options.js";
export type { SearchParams } from "./search/search-params.js";
export type { VersionChange } from "./search/version-watch.js";
export type { LostName, WhyNot, WhyNotOptions } from "./search/why-not.js";
export type { StreamQuery } from "./stream/query.js";
export { float32ToFloat16 } from "./tensor/float16.js";
export type { TokenMatrix, WireDtype } from "./tensor/token-matrix.js";
