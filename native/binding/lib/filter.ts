/** Type of an attribute: see {@link BuildOptions.schema}. */
export type AttributeType = "keyword" | "keywords" | "integer" | "float" | "boolean" | "timestamp";

/** A value of an attribute: text for keywords and timestamps (RFC 3339). bigint is for integers beyond 2^53. */
export type FilterValue = string | number | bigint | boolean;

/** Which documents a search may return: a tree of conditions on their attributes and ids. */
export type Filter =
  /** Every filter matches; an empty list matches all documents. */
  | { allOf: readonly Filter[] }
  /** Some filter matches; an empty list matches no document. */
  | { anyOf: readonly Filter[] }
  /** No filter matches. */
  | { noneOf: readonly Filter[] }
  /** The attribute has the value; a list of keywords contains it. */
  | { equals: { field: string; value: FilterValue } }
  /** The attribute has one of the values. */
  | { oneOf: { field: string; values: readonly FilterValue[] } }
  /** The attribute, an integer, float or timestamp, lies between the bounds that are given. */
  | { range: { field: string } & { [Bound in "gt" | "gte" | "lt" | "lte"]?: FilterValue | undefined } }
  /** The attribute has a value. */
  | { exists: { field: string } }
  /** The document has one of the ids. */
  | { ids: readonly string[] };

/** A filter as the addon takes it: JSON, with integers beyond 2^53 as text. */
export function filterJson(filter: Filter): string {
  return JSON.stringify(filter, (_key, value: unknown) =>
    typeof value === "bigint" ? { integer: value.toString() } : value,
  );
}
