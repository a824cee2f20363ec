/** Top-level fields of a serialized message, without decoding what they hold: enough to compare answers byte by byte, and fast. */
export interface Part {
  readonly field: number;
  /** Of a field with bytes. */
  readonly bytes: Buffer;
  /** Of a varint. */
  readonly value: number;
}

const EMPTY = Buffer.alloc(0);

export function* partsOf(message: Buffer): Generator<Part> {
  let at = 0;
  const varint = (): number => {
    let [value, scale] = [0, 1];
    for (;;) {
      const byte = message[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const field = tag >>> 3;
    if ((tag & 7) === 0) {
      yield { field, bytes: EMPTY, value: varint() };
    } else if ((tag & 7) === 2) {
      const length = varint();
      yield { field, bytes: message.subarray(at, at + length), value: 0 };
      at += length;
    } else {
      const length = (tag & 7) === 1 ? 8 : 4;
      yield { field, bytes: message.subarray(at, at + length), value: 0 };
      at += length;
    }
  }
}
