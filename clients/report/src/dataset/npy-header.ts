import { open } from "node:fs/promises";
import { InputError } from "./input-error.js";

/** Shape of an `.npy` file and the position of its elements. The engine checks the rest when it reads them. */
export interface NpyHeader {
  readonly shape: readonly number[];
  /** Byte at which the elements begin. */
  readonly dataOffset: number;
}

/** Reads the header of an `.npy` file. */
export async function readNpyHeader(path: string): Promise<NpyHeader> {
  const file = await open(path, "r");
  try {
    const start = Buffer.alloc(12);
    await file.read(start, 0, 12, 0);
    // Version 1 has two bytes for the header's length, later ones four.
    const wide = start[6] !== 1;
    const headerOffset = wide ? 12 : 10;
    const length = wide ? start.readUInt32LE(8) : start.readUInt16LE(8);
    const text = Buffer.alloc(Math.min(length, 0x10000));
    await file.read(text, 0, text.length, headerOffset);
    const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text.toString("latin1"))?.[1];
    if (shape === undefined) throw new InputError("INVALID_INPUT", `${path} is not an .npy array`);
    return { shape: shape.match(/\d+/g)?.map(Number) ?? [], dataOffset: headerOffset + length };
  } finally {
    await file.close();
  }
}
