/** Client of the maxsimd daemon: late-interaction search over gRPC. */

export { AdminClient, type Swap } from "./admin-client.js";
export type { IndexDescription } from "./catalog/index-description.js";
export type { LoadedVersion, ServedIndex, VersionState } from "./catalog/served-index.js";
export { MaxsimClient } from "./client.js";
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
export type { Answer, ServerTiming } from "./search/answer.js";
export type { Hit, Hits } from "./search/hits.js";
export type { IndexVersion } from "./search/index-version.js";
export type { Answered, Failed, Outcome } from "./search/outcome.js";
export type { SearchParams } from "./search/search-params.js";
export type { VersionChange } from "./search/version-watch.js";
export type { StreamQuery } from "./stream/stream-query.js";
export { float32ToFloat16 } from "./tensor/float16.js";
export type { TokenMatrix, WireDtype } from "./tensor/token-matrix.js";
