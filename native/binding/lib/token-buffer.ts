import { addon } from "./addon.js";
import { badArgument } from "./errors.js";

/**
 * Token vectors that arrive document by document. They are outside of JavaScript's memory, because V8 collects garbage more often, the more
 * memory its arrays hold. {@link Collection.upsert} takes and releases them; a buffer that is not used must be closed.
 */
export class TokenBuffer {
  #id: number | undefined = addon.createTokenBuffer();

  /**
   * Appends elements, little-endian; f32 are rounded to the nearest f16, ties to even. Returns the number of the first element that is
   * NaN, infinite or beyond ±65504, or −1. Nothing is appended then.
   *
   * Throws SHAPE_MISMATCH for bytes that end within an element, CLOSED.
   */
  append(data: Uint8Array, dtype: "f16" | "f32"): number {
    return addon.appendTokens(this.#open(), data, dtype === "f16");
  }

  /** Hands the elements over: the id by which the addon takes and releases them. Throws CLOSED. */
  take(): number {
    const id = this.#open();
    this.#id = undefined;
    return id;
  }

  /** Frees the elements, unless they were handed over. */
  close(): void {
    if (this.#id !== undefined) addon.releaseTokenBuffer(this.#id);
    this.#id = undefined;
  }

  #open(): number {
    if (this.#id === undefined)
      throw badArgument("CLOSED", "vectors", "an open buffer", "one that was closed or taken");
    return this.#id;
  }
}
