/** Bytes before each message: its compression flag and its length. */
export const PREFIX_BYTES = 5;

/** What a decoder asks and says while it reads. */
export interface MessageEvents {
  /** The first byte of a message has come. */
  readonly begun: () => void;
  /** The length of a message is known. Whether there is room for it now; if not, `resume` follows when there is. */
  readonly roomFor: (bytes: number) => boolean;
  /** A message, with its prefix, has come whole. */
  readonly whole: (message: Buffer) => void;
}

/**
 * Cuts the bytes of a call into messages, in place of grpc-js's own decoder. That one keeps every received piece until the message is whole,
 * and with each piece the whole buffer that it was read into from the socket. Here a message is written into one buffer of its size.
 */
export class MessageDecoder {
  readonly #most: number;
  readonly #events: MessageEvents;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixBytes = 0;
  /** The message that is being received, with its prefix; undefined before its length is known and there is room. */
  #message: Buffer | undefined;
  #filled = 0;
  /** What came before there was room for its message; undefined if there is room. */
  #held: Buffer[] | undefined;

  /** @param most bytes of a message. */
  constructor(most: number, events: MessageEvents) {
    this.#most = most;
    this.#events = events;
  }

  /** Whether it waits for room. */
  get isWaiting(): boolean {
    return this.#held !== undefined;
  }

  /** Bytes that the last message lacks, 0 between messages; undefined if not even its prefix has come whole. */
  get missing(): number | undefined {
    if (this.#message !== undefined) {
      return this.#message.length - this.#filled;
    }
    if (this.#held !== undefined) {
      const held = this.#held.reduce((sum, { length }) => sum + length, 0);
      return Math.max(0, this.#prefix.readUInt32BE(1) - held);
    }
    return this.#prefixBytes === 0 ? 0 : undefined;
  }

  /** Takes the next bytes; returns the messages, with their prefixes, that are whole now. Throws if one is longer than allowed. */
  write(data: Buffer): Buffer[] {
    const messages: Buffer[] = [];
    this.#read(data, messages);
    return messages;
  }

  /** There is room now. Returns the messages that are whole in what came meanwhile. Throws as `write` does. */
  resume(): Buffer[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#message = this.#allocate();
    return this.write(Buffer.concat(held));
  }

  #read(data: Buffer, messages: Buffer[]): void {
    if (this.#held !== undefined) {
      this.#held.push(data);
      return;
    }
    let at = 0;
    for (;;) {
      if (this.#message === undefined) {
        if (at === data.length) {
          return;
        }
        at += this.#readPrefix(data, at);
        if (this.#prefixBytes < PREFIX_BYTES) {
          return;
        }
        if (!this.#events.roomFor(this.#prefix.readUInt32BE(1))) {
          this.#held = [data.subarray(at)];
          return;
        }
        this.#message = this.#allocate();
      }
      const copied = data.copy(this.#message, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled < this.#message.length) {
        return;
      }
      const message = this.#message;
      this.#message = undefined;
      this.#prefixBytes = 0;
      messages.push(message);
      this.#events.whole(message);
    }
  }

  /** Returns how many bytes belong to the prefix. */
  #readPrefix(data: Buffer, at: number): number {
    if (this.#prefixBytes === 0) {
      this.#events.begun();
    }
    const copied = data.copy(this.#prefix, this.#prefixBytes, at);
    this.#prefixBytes += copied;
    if (this.#prefixBytes === PREFIX_BYTES) {
      const bytes = this.#prefix.readUInt32BE(1);
      if (bytes > this.#most) {
        throw new Error(`Received message larger than max (${bytes} vs ${this.#most})`);
      }
    }
    return copied;
  }

  /** A buffer for the message whose prefix was read, not zeroed: its memory is used as bytes come. */
  #allocate(): Buffer {
    const message = Buffer.allocUnsafeSlow(PREFIX_BYTES + this.#prefix.readUInt32BE(1));
    this.#filled = this.#prefix.copy(message);
    return message;
  }
}
