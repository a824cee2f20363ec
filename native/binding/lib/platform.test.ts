import { expect, it } from "vitest";
import { platformOf } from "./platform.js";

// The promise: a process asks for the package of its own system, processor and C library.

const report = (header: object) => ({ getReport: () => ({ header }) });

it("names system and processor, and on Linux the C library", () => {
  const glibc = report({ glibcVersionRuntime: "2.36" });
  const names = [
    platformOf({ platform: "linux", arch: "x64", report: glibc }),
    platformOf({ platform: "linux", arch: "arm64", report: report({}) }),
    platformOf({ platform: "darwin", arch: "arm64", report: report({}) }),
    platformOf({ platform: "win32", arch: "x64", report: report({}) }),
  ];
  expect(names).toEqual(["linux-x64-gnu", "linux-arm64-musl", "darwin-arm64", "win32-x64"]);
});
