import {
  chmodSync,
  closeSync,
  copyFileSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  utimesSync,
  writeSync,
} from "node:fs";

/** Where the codes of the tokens are in an index file: section 17 of the container. */
const CODES = 17;

/** What is done to a served file. */
export interface Damage {
  /** Whether the bytes of the served file stay what they are: then every answer stays what it is, too. */
  readonly harmless: boolean;
  act(path: string, tools: Tools): void;
}

export interface Tools {
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Another index file. */
  readonly other: string;
}

/** Every way in which a trial treats the served file. */
export const DAMAGES: Readonly<Record<string, Damage>> = {
  truncate: {
    harmless: false,
    act: (path, { random }) => edit(path, (file, size) => ftruncateSync(file, Math.floor(random() ** 2 * size))),
  },
  "copy another over it": { harmless: false, act: (path, { other }) => copyFileSync(other, path) },
  zeros: { harmless: false, act: (path) => edit(path, (file, size) => overwrite(file, 0, size, () => 0)) },
  noise: {
    harmless: false,
    act: (path, { random }) =>
      edit(path, (file, size) => {
        const from = Math.floor(random() * size);
        overwrite(file, from, from + Math.ceil(random() * (size - from)), noise(random));
      }),
  },
  "noise in the codes": {
    harmless: false,
    act: (path, { random }) =>
      edit(path, (file) => {
        const { from, to } = codesOf(path);
        overwrite(file, from, to, noise(random));
      }),
  },
  "noise in the codes, times set back": {
    harmless: false,
    act: (path, { random }) =>
      edit(path, (file) => {
        const { atime, mtime } = fstatSync(file);
        const { from, to } = codesOf(path);
        overwrite(file, from, to, noise(random));
        futimesSync(file, atime, mtime);
      }),
  },
  delete: { harmless: true, act: (path) => rmSync(path) },
  rename: { harmless: true, act: (path) => renameSync(path, `${path}.away`) },
  "replace by rename": {
    harmless: true,
    act: (path, { other }) => {
      copyFileSync(other, `${path}.new`);
      renameSync(`${path}.new`, path);
    },
  },
  touch: { harmless: true, act: (path) => utimesSync(path, new Date(), new Date()) },
  chmod: { harmless: true, act: (path) => chmodSync(path, 0o640) },
};

function edit(path: string, change: (file: number, size: number) => void): void {
  const file = openSync(path, "r+");
  try {
    change(file, fstatSync(file).size);
  } finally {
    closeSync(file);
  }
}

/** A byte that differs from the one before in its place; so noise is never what was there. */
function noise(random: () => number): (before: number) => number {
  return (before) => before ^ (1 + Math.floor(random() * 255));
}

/** Writes block by block, as a program that copies does. */
function overwrite(file: number, from: number, to: number, byte: (before: number) => number): void {
  for (let at = from; at < to; at += 65_536) {
    const block = new Uint8Array(Math.min(to - at, 65_536));
    readSync(file, block, 0, block.length, at);
    writeSync(file, Uint8Array.from(block, byte), 0, block.length, at);
  }
}

/** Reads the table of the container, see `native/core/src/format/mod.rs`. */
function codesOf(path: string): { from: number; to: number } {
  const header = readFileSync(path);
  for (let entry = 96, i = 0; i < header.readUInt32LE(16); i++, entry += 56) {
    if (header.readUInt32LE(entry) === CODES) {
      const from = Number(header.readBigUInt64LE(entry + 8));
      return { from, to: from + Number(header.readBigUInt64LE(entry + 16)) };
    }
  }
  throw new Error(`${path} has no codes`);
}
