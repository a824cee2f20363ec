import { addon } from "./addon.js";

/**
 * Decompresses bytes off the event loop, in the format of gzip or of zlib ("deflate", as HTTP calls it). Resolves to undefined if they are more
 * than `most` decompressed. Node's zlib makes an object for every 16 KiB, which stay in memory until garbage is collected, also those of bytes
 * that are too many; here no more than `most` bytes are in memory, and they are freed at once.
 *
 * Rejects with INVALID_INPUT if the bytes are not whole, or in another format.
 */
export async function inflate(
  data: Uint8Array,
  format: "gzip" | "deflate",
  most: number,
): Promise<Uint8Array | undefined> {
  return (await addon.inflate(data, format === "gzip", most)) ?? undefined;
}
