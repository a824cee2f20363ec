/**
 * The wire of maxsimd: messages, services and enums generated from `proto/maxsimd/v1`, and `google.rpc.Status`, which the
 * trailer `grpc-status-details-bin` holds.
 */
export * from "../gen/google/rpc/status_pb.js";
export * from "../gen/maxsimd/v1/catalog_pb.js";
export * from "../gen/maxsimd/v1/errors_pb.js";
export * from "../gen/maxsimd/v1/search_pb.js";
export * from "../gen/maxsimd/v1/tensor_pb.js";
