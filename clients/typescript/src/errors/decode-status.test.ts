import { create, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { status as GrpcStatus, Metadata } from "@grpc/grpc-js";
import { ErrorCode, ErrorDetailSchema, IndexVersionSchema, StatusSchema } from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { errorOfStatus, type FinalStatus } from "./decode-status.js";
import { statusOfCode } from "./error-code.js";

function statusWith(code: number, details: Uint8Array | undefined, text = "") {
  const metadata = new Metadata();
  if (details !== undefined) metadata.set("grpc-status-details-bin", Buffer.from(details));
  return { code, details: text, metadata };
}

function packed(init: Parameters<typeof create<typeof ErrorDetailSchema>>[1]): Uint8Array {
  const other = anyPack(IndexVersionSchema, create(IndexVersionSchema, { index: "a detail of another type" }));
  const detail = anyPack(ErrorDetailSchema, create(ErrorDetailSchema, init));
  return toBinary(StatusSchema, create(StatusSchema, { code: 3, details: [other, detail] }));
}

const errorOf = (status: FinalStatus) => errorOfStatus(status, { address: "localhost:1", local: true, tls: false });

describe("errorOfStatus", () => {
  it("reads the typed reason, wherever it is among the details", () => {
    const detail = {
      code: ErrorCode.DIM_MISMATCH,
      message: "the index has dim 128",
      field: "query.dim",
      expected: "128",
      got: "96",
      retryAfterMs: 0,
    };
    expect(errorOf(statusWith(3, packed(detail)))).toMatchObject({
      name: "MaxsimRpcError",
      code: "DIM_MISMATCH",
      grpcStatus: GrpcStatus.INVALID_ARGUMENT,
      message: "the index has dim 128",
      field: "query.dim",
      expected: "128",
      got: "96",
      retryAfterMs: 0,
    });
  });

  it("distinguishes unset from zero in retry_after_ms", () => {
    expect(errorOf(statusWith(14, packed({ code: ErrorCode.OVERLOADED }))).retryAfterMs).toBeUndefined();
  });

  it("names a failure without a typed reason after its status", () => {
    const error = errorOf(statusWith(GrpcStatus.UNAUTHENTICATED, undefined, "no token"));
    expect(error).toMatchObject({ code: "UNAUTHENTICATED", grpcStatus: 16, message: "no token", field: "" });
    expect(errorOf(statusWith(GrpcStatus.DEADLINE_EXCEEDED, undefined)).code).toBe("DEADLINE_EXPIRED");
    expect(errorOf(statusWith(GrpcStatus.RESOURCE_EXHAUSTED, undefined)).code).toBe("LIMIT_EXCEEDED");
    expect(errorOf(statusWith(GrpcStatus.CANCELLED, undefined)).code).toBe("UNAVAILABLE");
    expect(errorOf(statusWith(99, undefined)).code).toBe("UNKNOWN");
  });

  it("says in one line why there is no connection, in grpc-js's words where it knows no better", () => {
    const details =
      "No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1\n (2026-11-24T23:19:02.516Z). Resolution note: ";
    const { message } = errorOf(statusWith(GrpcStatus.UNAVAILABLE, undefined, details));
    expect(message).toBe(
      "no connection to localhost:1: nothing listens there: start the server or correct the address",
    );
    const unknown = statusWith(GrpcStatus.UNAVAILABLE, undefined, details.replace("ECONNREFUSED", "EWHATEVER"));
    expect(errorOf(unknown).message).toBe("no connection to localhost:1: Error: connect EWHATEVER 127.0.0.1:1");
  });

  it("accepts details that do not parse, and a code of a newer server", () => {
    const garbage = statusWith(GrpcStatus.INTERNAL, Uint8Array.of(255, 255, 255), "oops");
    expect(errorOf(garbage)).toMatchObject({ code: "INTERNAL", message: "oops" });
    const newer = statusWith(GrpcStatus.INTERNAL, packed({ code: 900 as ErrorCode, message: "new" }));
    expect(errorOf(newer)).toMatchObject({ code: "UNKNOWN", grpcStatus: 13, message: "new" });
  });

  it("has a gRPC status for every code of the contract", () => {
    const names = Object.keys(ErrorCode).filter((name) => Number.isNaN(Number(name)) && name !== "UNSPECIFIED");
    expect(names).toHaveLength(22);
    for (const name of names) expect(statusOfCode(name as never)).toBeGreaterThan(0);
  });
});
