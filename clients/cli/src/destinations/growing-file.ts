import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";

/** Bytes before the elements of an `.npy` file: room for any shape, and a multiple of 64 as the format advises. */
const HEADER_BYTES = 128;
const MAGIC = Buffer.from("\x93NUMPY\x01\x00", "latin1");

/** A file that is written piece by piece under another name, and gets its own when it is complete. */
export class GrowingFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #descriptor: number;
  #open = true;

  constructor(path: string) {
    this.#path = path;
    this.#temporary = `${path}.${process.pid}.tmp`;
    this.#descriptor = openSync(this.#temporary, "w");
  }

  append(bytes: Uint8Array | string): void {
    this.#write(Buffer.from(bytes as Uint8Array), null);
  }

  /** Writes over the first bytes. */
  protected replaceHead(bytes: Uint8Array): void {
    this.#write(bytes, 0);
  }

  /** Makes the content durable, and gives the file its name. */
  finish(): void {
    fsyncSync(this.#descriptor);
    this.#close();
    renameSync(this.#temporary, this.#path);
  }

  /** Deletes what was written, unless it is finished. */
  abandon(): void {
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  #close(): void {
    if (this.#open) closeSync(this.#descriptor);
    this.#open = false;
  }

  #write(bytes: Uint8Array, position: number | null): void {
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(this.#descriptor, bytes, at, bytes.length - at, position === null ? null : position + at);
    }
  }
}

/** Element types that are written: f16 as bit patterns. */
const DTYPES = { f16: "<f2", u32: "<u4", i32: "<i4" } as const;

/** An `.npy` file that grows by rows. Its header is written last, because it has the number of rows. */
export class GrowingArray extends GrowingFile {
  readonly #dtype: keyof typeof DTYPES;
  readonly #columns: number | undefined;
  #elements = 0;

  /** @param columns length of the second axis; undefined for an array of one axis */
  constructor(path: string, dtype: keyof typeof DTYPES, columns?: number) {
    super(path);
    this.#dtype = dtype;
    this.#columns = columns;
    this.append(new Uint8Array(HEADER_BYTES));
  }

  /** Adds elements, which are little-endian as every machine that this runs on is. */
  add(elements: Uint16Array | Uint32Array | Int32Array): void {
    this.#elements += elements.length;
    this.append(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength));
  }

  override finish(): void {
    const columns = this.#columns;
    const shape = columns === undefined ? `(${this.#elements},)` : `(${this.#elements / columns}, ${columns})`;
    const text = `{'descr': '${DTYPES[this.#dtype]}', 'fortran_order': False, 'shape': ${shape}, }`;
    const length = HEADER_BYTES - MAGIC.length - 2;
    const size = Buffer.from([length & 0xff, length >> 8]);
    this.replaceHead(Buffer.concat([MAGIC, size, Buffer.from(`${text.padEnd(length - 1)}\n`, "latin1")]));
    super.finish();
  }
}
