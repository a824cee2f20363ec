import { type DescMessage, type DescMethod, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { WireMethod } from "./wire-method.js";

/** A request whose token vectors are stored separately, in pieces, until it is serialised. */
export interface TensorMessage<Message> {
  /** The request without the tensor's data. */
  readonly message: Message;
  /** The tensor's data, in order. */
  readonly data: readonly Uint8Array[];
}

/**
 * A method whose request holds a tensor, serialised with a single copy of the vectors.
 *
 * The generated serialiser doubles its buffer as it grows and copies it at the end. For 64 KiB of vectors it allocates and
 * zeroes about 250 KiB. Together with joining the pieces this was the largest cost of a stream in this client. So:
 *
 * 1. Serialise the request without the data.
 * 2. Append the data as a second occurrence of the fields that lead to it (tags and lengths, then the pieces).
 *
 * Protobuf defines the result: a parser merges several occurrences of a singular embedded message into one.
 *
 * @param path numbers of the fields that lead from the request to the tensor's `data`, including that of `data`
 */
export function tensorMethod<I extends DescMessage, O extends DescMessage>(
  method: DescMethod & { input: I; output: O },
  path: readonly number[],
): WireMethod<TensorMessage<MessageShape<I>>, MessageShape<O>> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    serialize({ message, data }) {
      const head = toBinary(method.input, message);
      const size = data.reduce((sum, piece) => sum + piece.byteLength, 0);
      const lead = leadTo(path, size);
      const bytes = Buffer.allocUnsafe(head.byteLength + lead.byteLength + size);
      bytes.set(head);
      bytes.set(lead, head.byteLength);
      let at = head.byteLength + lead.byteLength;
      for (const piece of data) {
        bytes.set(piece, at);
        at += piece.byteLength;
      }
      return bytes;
    },
    deserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

/** The tags and lengths in front of `size` bytes of data. They are built from the inside, because each length counts what follows it. */
function leadTo(path: readonly number[], size: number): Uint8Array {
  let lead: Uint8Array = new Uint8Array(0);
  for (const field of path.toReversed()) {
    const writer = new BinaryWriter();
    writer.tag(field, WireType.LengthDelimited).uint32(lead.byteLength + size);
    lead = writer.raw(lead).finish();
  }
  return lead;
}
