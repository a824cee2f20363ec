import { create, type JsonObject } from "@bufbuild/protobuf";
import { type Document, DocumentSchema, type UpsertRequest, UpsertRequestSchema } from "@maxsimd/proto";
import { badParameter } from "../errors/maxsim-rpc-error.js";
import { encodeTokens, type TokenMatrix, type WireDtype } from "../tensor/token-matrix.js";

/** A document to add. */
export interface NewDocument {
  /** Its id, 1 to 512 bytes. A document with this id is replaced. */
  readonly id: string;
  /** Its token vectors. An empty list: a document without tokens, which no search returns. */
  readonly tokens: TokenMatrix | readonly [];
  /** Vocabulary id of each token, if the index was built with vocabulary ids. For all documents of a change, or for no document. */
  readonly tokenIds?: ArrayLike<number> | undefined;
  /** Its fields: JSON values. Those that are attributes of the index must have the attribute's type. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** Bytes of documents in one message: well below what a server reads, and enough to keep a connection busy. */
const MESSAGE_BYTES = 512 * 1024;

/**
 * The messages of an upsert, each with documents up to about 512 KiB.
 *
 * @throws MaxsimRpcError for a document that the wire format cannot hold
 */
export async function* upsertMessages(
  index: string,
  base: string,
  documents: Iterable<NewDocument> | AsyncIterable<NewDocument>,
  dtype: WireDtype | undefined,
): AsyncGenerator<UpsertRequest, void, undefined> {
  let message = create(UpsertRequestSchema, { index, base });
  let bytes = 0;
  for await (const document of documents) {
    const encoded = encodeDocument(document, dtype);
    message.documents.push(encoded);
    bytes += (encoded.tokens?.data.byteLength ?? 0) + 5 * encoded.tokenIds.length + 512;
    if (bytes >= MESSAGE_BYTES) {
      yield message;
      message = create(UpsertRequestSchema);
      bytes = 0;
    }
  }
  yield message;
}

function encodeDocument({ id, tokens, tokenIds = [], fields }: NewDocument, dtype: WireDtype | undefined): Document {
  if (typeof id !== "string") throw badParameter("id", "the id of the document", typeof id);
  const empty = Array.isArray(tokens) && tokens.length === 0;
  const document = create(DocumentSchema, { id, tokenIds: Array.from(tokenIds) });
  if (!empty) {
    const encoded = encodeTokens(tokens as TokenMatrix, dtype);
    const { rows, dim, bytes: data } = encoded;
    document.tokens = { $typeName: "maxsimd.v1.TokenTensor", dtype: encoded.dtype, rows, dim, data };
  }
  if (fields !== undefined) document.fields = fields as JsonObject;
  return document;
}
