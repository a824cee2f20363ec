// A part of an array in an .npy file.

/**
 * The first rows of a C-ordered array, as an .npy file of format 1.
 *
 * @param file the whole file, of format 1
 * @param rows how many rows to keep; at most as many as there are
 */
export function cutNpy(file, rows) {
  const start = 10 + file.readUInt16LE(8);
  const header = file.subarray(10, start).toString("latin1");
  const [, all, rest] = /'shape': \((\d+),([^)]*)\)/.exec(header) ?? [];
  if (all === undefined || rows > Number(all))
    throw new Error(`expected an array of at least ${rows} rows, got ${header}`);
  const rowBytes = (file.length - start) / Number(all);
  const changed = header.trimEnd().replace(/'shape': \([^)]*\)/, `'shape': (${rows},${rest})`);
  const padded = `${changed.padEnd(Math.ceil((changed.length + 11) / 64) * 64 - 11)}\n`;
  const lead = Buffer.from(file.subarray(0, 10));
  lead.writeUInt16LE(padded.length, 8);
  return Buffer.concat([lead, Buffer.from(padded, "latin1"), file.subarray(start, start + rows * rowBytes)]);
}
