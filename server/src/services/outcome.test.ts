// The promise: what an answer takes in memory before it is refused does not grow with what its documents store.

import { ErrorCode } from "@maxsimd/proto";
import { expect, it } from "vitest";
import type { EngineIndex } from "../engine/query.js";
import { toHits } from "./outcome.js";

it("fields are not read any further once the answer does not fit", () => {
  let read = 0;
  const index = {
    ids: (docIds: Uint32Array) => Array.from(docIds, String),
    fields: () => {
      read++;
      return { text: "x".repeat(30_000) };
    },
  } as Partial<EngineIndex> as EngineIndex;
  const answer = { exhausted: false, queueMicros: 0, searchMicros: 0 };
  const hits = (k: number) =>
    toHits({ ...answer, docIds: new Uint32Array(k), scores: new Float32Array(k) }, { index, fields: "all" }, LIMITS);
  expect(hits(3).part.fields).toHaveLength(3);
  read = 0;
  expect(() => hits(100)).toThrow(expect.objectContaining({ code: ErrorCode.LIMIT_EXCEEDED }));
  expect(read).toBe(4);
});

const LIMITS = { responseBytes: 100_000 };
