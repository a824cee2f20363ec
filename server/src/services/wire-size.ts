import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { FIXED } from "../config/limits.js";

/** Bytes that an object takes as a google.protobuf.Struct; undefined if its lists and objects are nested too deeply to be sent. */
export function structBytes(object: JsonObject, depth = 1): number | undefined {
  if (depth > FIXED.fieldDepth) {
    return undefined;
  }
  let bytes = 0;
  for (const [name, value] of Object.entries(object)) {
    const inner = valueBytes(value, depth);
    if (inner === undefined) {
      return undefined;
    }
    bytes += framed(framed(Buffer.byteLength(name)) + framed(inner));
  }
  return bytes;
}

/** Bytes of a google.protobuf.Value. */
function valueBytes(value: JsonValue, depth: number): number | undefined {
  switch (typeof value) {
    case "string":
      return framed(Buffer.byteLength(value));
    case "number":
      return 9;
    case "boolean":
      return 2;
    default:
      break;
  }
  if (value === null) {
    return 2;
  }
  const inner = Array.isArray(value) ? listBytes(value, depth + 1) : structBytes(value as JsonObject, depth + 1);
  return inner === undefined ? undefined : framed(inner);
}

function listBytes(list: readonly JsonValue[], depth: number): number | undefined {
  if (depth > FIXED.fieldDepth) {
    return undefined;
  }
  let bytes = 0;
  for (const value of list) {
    const inner = valueBytes(value, depth);
    if (inner === undefined) {
      return undefined;
    }
    bytes += framed(inner);
  }
  return bytes;
}

/** Bytes with a tag of one byte and the length in front of them: a text or a message. */
export function framed(bytes: number): number {
  return 1 + varintBytes(bytes) + bytes;
}

/** Bytes of a number that is not negative. */
export function varintBytes(number: number): number {
  let bytes = 1;
  for (let rest = number; rest > 127; rest = Math.floor(rest / 128)) {
    bytes++;
  }
  return bytes;
}
