import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { WireMethod } from "./rpc/wire-method.js";

/** State of a server, or of one of its services, in the standard gRPC health protocol. */
export type HealthState = "UNKNOWN" | "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

const STATES: readonly HealthState[] = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

/** grpc.health.v1.Health/Check: the request is one string, the response one enum. Two fields need no generated code. */
export const HEALTH_CHECK: WireMethod<string, HealthState> = {
  path: "/grpc.health.v1.Health/Check",
  serialize(service) {
    const writer = new BinaryWriter();
    if (service !== "") writer.tag(1, WireType.LengthDelimited).string(service);
    return Buffer.from(writer.finish());
  },
  deserialize(bytes) {
    const reader = new BinaryReader(bytes);
    let state: HealthState = "UNKNOWN";
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === 1) state = STATES[reader.int32()] ?? "UNKNOWN";
      else reader.skip(type, field);
    }
    return state;
  },
};
