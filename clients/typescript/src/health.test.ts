import { expect, it } from "vitest";
import { HEALTH_CHECK } from "./health.js";

const { serialize, deserialize } = HEALTH_CHECK;

it("speaks the standard health protocol", () => {
  expect([...serialize("")]).toEqual([]);
  expect([...serialize("ab")]).toEqual([0x0a, 2, 0x61, 0x62]);
  expect(deserialize(Buffer.of(8, 1))).toBe("SERVING");
  expect(deserialize(Buffer.of(8, 2))).toBe("NOT_SERVING");
  expect(deserialize(Buffer.of())).toBe("UNKNOWN");
});

it("reads past fields, and takes states, that it does not know", () => {
  expect(deserialize(Buffer.of(0x12, 1, 0x78, 8, 1))).toBe("SERVING");
  expect(deserialize(Buffer.of(8, 77))).toBe("UNKNOWN");
});
