/** Everything of the wire contract, generated from `maxsimd/v1/*.proto`, and the status message errors travel in. */

export * from "./gen/google/rpc/status_pb.js";
export * from "./gen/maxsimd/v1/catalog_pb.js";
export * from "./gen/maxsimd/v1/collection_pb.js";
export * from "./gen/maxsimd/v1/errors_pb.js";
export * from "./gen/maxsimd/v1/filter_pb.js";
export * from "./gen/maxsimd/v1/search_pb.js";
export * from "./gen/maxsimd/v1/tensor_pb.js";
export * from "./gen/maxsimd/v1/text_pb.js";
