// Archives of arrays as NumPy and safetensors write them, from .npy files.

import { readFileSync } from "node:fs";
import { crc32, deflateRawSync } from "node:zlib";
import { readNpy } from "../lib/index.js";

/** An `.npz` archive: each file by its name. */
export function archive(members: Record<string, string>, deflate: boolean): Buffer {
  const [locals, centrals]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, path] of Object.entries(members)) {
    const content = readFileSync(path);
    const body = deflate ? deflateRawSync(content) : content;
    const file = Buffer.from(`${name}.npy`);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(deflate ? 8 : 0, 4);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(file.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, file, body]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), common, rest, file]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0);
  end.writeUInt16LE(centrals.length, 8);
  end.writeUInt16LE(centrals.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}

/** A `.safetensors` file: each array by its name. */
export function safetensors(members: Record<string, string>): Buffer {
  const table: Record<string, unknown> = {};
  const bodies: Buffer[] = [];
  let offset = 0;
  for (const [name, path] of Object.entries(members)) {
    const { shape, dtype, data } = readNpy(path);
    const body = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    table[name] = { dtype: dtype.toUpperCase(), shape, data_offsets: [offset, offset + body.length] };
    bodies.push(body);
    offset += body.length;
  }
  const text = Buffer.from(JSON.stringify(table));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...bodies]);
}
