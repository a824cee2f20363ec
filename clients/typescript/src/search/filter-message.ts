import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { FilterSchema, type ValueSchema, type Filter as WireFilter } from "@maxsimd/proto";
import { badArgument, badParameter } from "../errors/maxsim-rpc-error.js";
import type { Filter, FilterValue } from "./filter.js";

type Init = MessageInitShape<typeof FilterSchema>;

/** Levels of the deepest filter that a server can be set to accept. */
const MAX_DEPTH = 40;

const CONDITIONS = ["allOf", "anyOf", "noneOf", "equals", "oneOf", "range", "exists", "ids"] as const;
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/**
 * Converts a filter to a wire message. A number without a fraction becomes an integer, which attributes of both kinds of numbers
 * accept; one that 64 bits cannot hold stays a number. The server compares fields and types with the attributes of the index.
 *
 * @throws MaxsimRpcError INVALID_PARAMETER for a value that the wire format cannot hold, or an object that is not one condition;
 * LIMIT_EXCEEDED for more levels than any server reads
 */
export function encodeFilter(filter: Filter): WireFilter {
  return create(FilterSchema, encode(filter, "filter", 1));
}

function encode(filter: Filter, path: string, depth: number): Init {
  if (depth > MAX_DEPTH) throw badArgument("LIMIT_EXCEEDED", "filter", `at most ${MAX_DEPTH} levels`, "more");
  const given = CONDITIONS.filter((name) => (filter as Record<string, unknown> | null)?.[name] !== undefined);
  const [name] = given;
  if (name === undefined || given.length > 1 || Object.keys(filter).length > 1) {
    throw badParameter(
      path,
      `one condition: ${CONDITIONS.join(", ")}`,
      Object.keys(filter ?? {}).join(", ") || "nothing",
    );
  }
  const at = `${path}.${name.replace("Of", "_of")}`;
  const list = (filters: readonly Filter[]) => ({
    filters: filters.map((each, i) => encode(each, `${at}[${i}]`, depth + 1)),
  });
  if ("allOf" in filter) return { condition: { case: "allOf", value: list(filter.allOf) } };
  if ("anyOf" in filter) return { condition: { case: "anyOf", value: list(filter.anyOf) } };
  if ("noneOf" in filter) return { condition: { case: "noneOf", value: list(filter.noneOf) } };
  if ("exists" in filter) return { condition: { case: "exists", value: { field: filter.exists.field } } };
  if ("ids" in filter) return { condition: { case: "ids", value: { ids: [...filter.ids] } } };
  if ("equals" in filter) {
    const { field, value } = filter.equals;
    return { condition: { case: "equals", value: { field, value: encodeValue(value, `${at}.value`) } } };
  }
  if ("oneOf" in filter) {
    const { field, values } = filter.oneOf;
    const encoded = values.map((value, i) => encodeValue(value, `${at}.values[${i}]`));
    return { condition: { case: "oneOf", value: { field, values: encoded } } };
  }
  const { field, ...bounds } = filter.range;
  const set = Object.entries(bounds).flatMap(([bound, value]) =>
    value === undefined ? [] : [[bound, value] as const],
  );
  const unknown = set.find(([bound]) => !/^[gl]te?$/.test(bound));
  if (unknown !== undefined) throw badParameter(at, "the bounds gt, gte, lt and lte", unknown[0]);
  const encoded = Object.fromEntries(set.map(([bound, value]) => [bound, encodeValue(value, `${at}.${bound}`)]));
  return { condition: { case: "range", value: { field, ...encoded } } };
}

function encodeValue(value: FilterValue, path: string): MessageInitShape<typeof ValueSchema> {
  switch (typeof value) {
    case "string":
      return { value: { case: "text", value } };
    case "boolean":
      return { value: { case: "boolean", value } };
    case "number":
      if (!Number.isInteger(value) || !fitsInt64(BigInt(value))) return { value: { case: "number", value } };
      return { value: { case: "integer", value: BigInt(value) } };
    case "bigint":
      if (!fitsInt64(value)) throw badParameter(path, "an integer from -2^63 to 2^63 - 1", String(value));
      return { value: { case: "integer", value } };
    default:
      throw badParameter(path, "text, a number, a bigint or a boolean", value === null ? "null" : typeof value);
  }
}

function fitsInt64(value: bigint): boolean {
  return value >= INT64.min && value <= INT64.max;
}
