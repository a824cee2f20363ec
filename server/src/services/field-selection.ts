import { ErrorCode, type FieldSelection as WireSelection } from "@maxsimd/proto";
import type { Limits } from "../config/limits.js";
import { ServiceError } from "../errors/service-error.js";

/** Stored fields that come back with each hit. Undefined selects no fields. */
export type FieldSelection = "all" | readonly string[] | undefined;

/** Throws LIMIT_EXCEEDED. */
export function checkFields(wire: WireSelection | undefined, limits: Pick<Limits, "fieldNames">): FieldSelection {
  if (wire === undefined || wire.all) {
    return wire && "all";
  }
  const { names } = wire;
  if (names.length > limits.fieldNames) {
    throw new ServiceError(ErrorCode.LIMIT_EXCEEDED, "select fewer fields, or all", {
      field: "fields.names",
      expected: `at most ${limits.fieldNames} names`,
      got: String(names.length),
    });
  }
  return names.length === 0 ? undefined : names;
}
