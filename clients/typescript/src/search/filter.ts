import { badParameter } from "../errors/maxsim-rpc-error.js";

/** A value of an attribute: text for keywords and timestamps (RFC 3339), numbers, booleans. bigint for integers beyond 2^53. */
export type FilterValue = string | number | bigint | boolean;

/** A condition on the attributes and ids of documents. */
export type Filter =
  /** Every filter of the list matches. An empty list matches every document. */
  | { allOf: readonly Filter[] }
  /** At least one filter of the list matches. An empty list matches no document. */
  | { anyOf: readonly Filter[] }
  /** No filter of the list matches. An empty list matches every document. */
  | { noneOf: readonly Filter[] }
  /** The attribute has the value. A list of keywords contains it. */
  | { equals: { field: string; value: FilterValue } }
  /** The attribute has one of the values. A list of keywords contains at least one of them. */
  | { oneOf: { field: string; values: readonly FilterValue[] } }
  /** The attribute is within the bounds. An undefined bound does not limit. */
  | { range: { field: string } & Bounds<FilterValue> }
  /** The document has the attribute. */
  | { exists: { field: string } }
  /** The document has one of the ids. */
  | { ids: readonly string[] };

/** Limits of a range: greater, greater or equal, less, less or equal. */
interface Bounds<Value> {
  gt?: Value | undefined;
  gte?: Value | undefined;
  lt?: Value | undefined;
  lte?: Value | undefined;
}

interface AnyAttribute {
  /** The document has the attribute. */
  exists(): Filter;
}

interface BooleanAttribute extends AnyAttribute {
  equals(value: boolean): Filter;
}

interface KeywordAttribute extends AnyAttribute {
  equals(value: string): Filter;
  oneOf(...values: readonly string[]): Filter;
}

interface KeywordsAttribute extends AnyAttribute {
  /** The list contains the keyword. */
  has(value: string): Filter;
  /** The list contains at least one of the keywords. */
  hasAnyOf(...values: readonly string[]): Filter;
}

interface OrderedAttribute<Value> extends AnyAttribute {
  equals(value: Value): Filter;
  oneOf(...values: readonly Value[]): Filter;
  /** Several bounds at once: `range({ gte: 2020, lt: 2024 })`. */
  range(bounds: Bounds<Value>): Filter;
  gt(value: Value): Filter;
  gte(value: Value): Filter;
  lt(value: Value): Filter;
  lte(value: Value): Filter;
}

interface AttributeOf {
  keyword: KeywordAttribute;
  keywords: KeywordsAttribute;
  /** Beyond 2^53 integers are given as bigint, because a number would be rounded. */
  integer: OrderedAttribute<number | bigint>;
  float: OrderedAttribute<number>;
  boolean: BooleanAttribute;
  /** A Date, or RFC 3339 text, which may be finer than milliseconds. */
  timestamp: OrderedAttribute<Date | string>;
}

/** The type of an attribute. `keywords` is a list of keywords. */
export type AttributeType = keyof AttributeOf;

/** The attributes of a schema, each with the conditions that its type allows. */
export type Attributes<Schema extends Readonly<Record<string, AttributeType>>> = {
  readonly [Field in keyof Schema]: AttributeOf[Schema[Field]];
};

/**
 * Names the attributes of an index and their types, so that a misspelt name or a value of another type does not compile.
 *
 *     const f = attributes({ year: "integer", section: "keyword" });
 *     and(f.year.gte(2020), f.section.oneOf("admin", "net"));
 *
 * The conditions throw MaxsimRpcError INVALID_PARAMETER for a number that is not a safe integer where an integer is expected,
 * and for a Date that RFC 3339 cannot write.
 *
 * @throws MaxsimRpcError INVALID_PARAMETER for an unknown type
 */
export function attributes<const Schema extends Readonly<Record<string, AttributeType>>>(
  schema: Schema,
): Attributes<Schema> {
  const entries = Object.entries(schema).map(([field, type]) => [field, attributeOf(field, type)]);
  return Object.fromEntries(entries) as Attributes<Schema>;
}

/** All of the filters match. Without a filter: every document. */
export function and(...filters: readonly Filter[]): Filter {
  return { allOf: filters };
}

/** At least one of the filters matches. Without a filter: no document. */
export function or(...filters: readonly Filter[]): Filter {
  return { anyOf: filters };
}

/** The filter does not match. */
export function not(filter: Filter): Filter {
  return { noneOf: [filter] };
}

/** The document has one of the ids. A list too long for arguments is written `{ ids: list }`. */
export function ids(...documents: readonly string[]): Filter {
  return { ids: documents };
}

function attributeOf(field: string, type: AttributeType): AttributeOf[AttributeType] {
  switch (type) {
    case "keyword":
      return conditions(field, (value: string) => value);
    case "keywords": {
      const { equals: has, oneOf: hasAnyOf, exists } = conditions(field, (value: string) => value);
      return { has, hasAnyOf, exists };
    }
    case "boolean": {
      const { equals, exists } = conditions(field, (value: boolean) => value);
      return { equals, exists };
    }
    case "integer":
      return ordered(field, (value: number | bigint) => exactInteger(field, value));
    case "float":
      return ordered(field, (value: number) => value);
    case "timestamp":
      return ordered(field, (value: Date | string) => (value instanceof Date ? rfc3339(field, value) : value));
    default:
      throw badParameter(field, "keyword, keywords, integer, float, boolean or timestamp", String(type));
  }
}

/** What a filter holds for a value of the builder. */
type Encode<Value> = (value: Value) => FilterValue;

function conditions<Value>(field: string, encode: Encode<Value>) {
  return {
    equals: (value: Value): Filter => ({ equals: { field, value: encode(value) } }),
    oneOf: (...values: readonly Value[]): Filter => ({ oneOf: { field, values: values.map(encode) } }),
    exists: (): Filter => ({ exists: { field } }),
  };
}

function ordered<Value>(field: string, encode: Encode<Value>): OrderedAttribute<Value> {
  const range = (bounds: Bounds<Value>): Filter => {
    const given = Object.entries(bounds).filter(([, value]) => value !== undefined);
    return { range: { field, ...Object.fromEntries(given.map(([bound, value]) => [bound, encode(value)])) } };
  };
  return {
    ...conditions(field, encode),
    range,
    gt: (value) => range({ gt: value }),
    gte: (value) => range({ gte: value }),
    lt: (value) => range({ lt: value }),
    lte: (value) => range({ lte: value }),
  };
}

function exactInteger(field: string, value: number | bigint): number | bigint {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return value;
  const fix = Number.isInteger(value) ? "give it as a bigint, such as 9007199254740993n" : undefined;
  throw badParameter(field, "an integer from -(2^53 - 1) to 2^53 - 1, or a bigint", String(value), fix);
}

/** RFC 3339 has four digits for the year. */
function rfc3339(field: string, date: Date): string {
  const text = Number.isNaN(date.getTime()) ? "an invalid date" : date.toISOString();
  if (!/^\d{4}-/.test(text)) throw badParameter(field, "a date in the years 0000 to 9999", text);
  return text;
}
