import { random as createRandom } from "@maxsimd/native/testing";
import { expect, it } from "vitest";
import { MessageDecoder, PREFIX_BYTES } from "./message-decoder.js";

// The promise: bytes become the same messages however they are cut into pieces, and whenever there is room.

const MOST = 300;

function framed(content: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(content.length, 1);
  return Buffer.concat([prefix, content]);
}

it("cuts bytes into messages, in pieces of any sizes, and with waits for room", () => {
  const random = createRandom(1);
  const below = (most: number): number => Math.floor(random() * most);
  for (let round = 0; round < 300; round++) {
    const sent = Array.from({ length: 1 + below(6) }, () =>
      framed(Buffer.from({ length: below(3) * below(MOST / 2) }).fill(below(256))),
    );
    const events: string[] = [];
    const decoder = new MessageDecoder(MOST, {
      begun: () => events.push("begun"),
      roomFor: () => random() < 0.7,
      whole: () => events.push("whole"),
    });
    const bytes = Buffer.concat(sent);
    const received: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const until = at + 1 + below(40);
      received.push(...decoder.write(bytes.subarray(at, until)));
      at = until;
      while (decoder.isWaiting && random() < 0.5) {
        received.push(...decoder.resume());
      }
    }
    while (decoder.isWaiting) {
      received.push(...decoder.resume());
    }
    expect(received).toEqual(sent);
    expect(events).toEqual(sent.flatMap(() => ["begun", "whole"]));
    expect(decoder.missing).toBe(0);
  }
});

it("keeps no more of what was received than the message", () => {
  const decoder = new MessageDecoder(MOST, { begun: () => undefined, roomFor: () => true, whole: () => undefined });
  const buffer = Buffer.alloc(65_536);
  framed(Buffer.alloc(MOST)).copy(buffer);
  const [message] = decoder.write(buffer.subarray(0, PREFIX_BYTES + MOST));
  expect(message?.buffer.byteLength).toBe(PREFIX_BYTES + MOST);
});

it("says what is missing, and refuses what is too long", () => {
  const roomFor = (bytes: number): boolean => bytes < 200;
  const decoder = new MessageDecoder(MOST, { begun: () => undefined, roomFor, whole: () => undefined });
  decoder.write(Buffer.alloc(PREFIX_BYTES - 1));
  expect(decoder.missing).toBeUndefined();
  decoder.write(Buffer.from([100, 1, 2]));
  expect(decoder.missing).toBe(98);
  decoder.write(Buffer.alloc(98));
  expect(decoder.missing).toBe(0);
  decoder.write(framed(Buffer.alloc(250)).subarray(0, 15));
  expect(decoder.isWaiting).toBe(true);
  expect(decoder.missing).toBe(240);
  expect(() =>
    new MessageDecoder(MOST, { begun: () => undefined, roomFor, whole: () => undefined }).write(
      framed(Buffer.alloc(MOST + 1)),
    ),
  ).toThrow("Received message larger than max (301 vs 300)");
});
