import type { AttributeType } from "./filter.js";

/** Ids and fields of documents. */
export interface DocumentRecords {
  /**
   * Ids of the documents: the name of a file with one on each line, or the ids. An id is a text of 1 to 512 bytes, and no two documents have
   * the same. Default: the field `id` of `attributes`; without it, a document's id is its position.
   */
  ids?: string | readonly string[] | undefined;
  /**
   * Fields of the documents: the name of a file with a JSON object on each line (JSON Lines), or the objects. All are stored and returned on
   * request. Those of one type are attributes, by which searches filter.
   */
  attributes?: string | readonly object[] | undefined;
  /**
   * The attributes and their types. Default: inferred from the fields. A field whose values are all of one type is an attribute; one with
   * objects, mixed types or texts of more than 512 bytes is only stored. The first type that fits is taken: boolean, integer, float,
   * timestamp (RFC 3339), keyword, keywords.
   */
  schema?: Readonly<Record<string, AttributeType>> | undefined;
}

/** Ids and fields as the addon takes them. */
export function addonRecords({ ids, attributes, schema }: DocumentRecords): {
  ids: string | string[] | undefined;
  attributes: string | string[] | undefined;
  schema: string | undefined;
} {
  return {
    ids: typeof ids === "string" ? ids : ids?.slice(),
    attributes: typeof attributes === "string" ? attributes : attributes?.map((fields) => JSON.stringify(fields)),
    schema: schema && JSON.stringify(schema),
  };
}
