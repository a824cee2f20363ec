import { expect, it } from "vitest";
import { BenchmarkRecord } from "../record/record.js";
import { readReport } from "./h2spec.js";
import { deviationTable, endingTable, unexplained } from "./tables.js";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="2. Streams" package="generic/2" id="2" tests="3">
    <testcase package="generic/2" classname="Sends a PRIORITY frame" time="0.03"></testcase>
    <testcase package="generic/2" classname="Sends &#34;TE&#34;" time="2.01">
      <error>DATA frame
Connection \u0000 closed</error>
    </testcase>
    <testcase package="http2/6.1" classname="Sends DATA" time="2.01">
      <failure>GOAWAY</failure>
    </testcase>
    <testcase package="http2/6.1" classname="Sends more" time="0"><skipped></skipped></testcase>
  </testsuite>
</testsuites>`;

it("a report of h2spec is read, though it is not well-formed XML", () => {
  expect([...readReport(REPORT)]).toEqual([
    ["generic/2/1", { title: "Sends a PRIORITY frame", ending: "pass" }],
    ["generic/2/2", { title: 'Sends "TE"', ending: "fail" }],
    ["http2/6.1/1", { title: "Sends DATA", ending: "fail" }],
    ["http2/6.1/2", { title: "Sends more", ending: "skip" }],
  ]);
});

/** A record of two cases: our listeners pass one of them in some of three runs, plain Node passes both. */
function record(name: string, passed: number): BenchmarkRecord {
  const circumstances = {
    date: "",
    commit: "",
    machine: "",
    system: "",
    kernels: "",
    node: "",
    rustc: "",
    packages: "",
  };
  const made = new BenchmarkRecord("tools", "h2spec", circumstances);
  for (const engine of ["data", "data-tls", "admin", "node", "node-headers", "node-headers-tls", "grpc-go"]) {
    made.add(engine, {}, "cases", "", 2);
    made.add(engine, {}, "runs", "", 3);
    if (engine !== "node" && passed < 3) made.add(engine, { case: name }, "fail", "runs", 3 - passed);
  }
  return made;
}

it("a case that a listener does not pass in every run is shown next to the other servers, and needs a reason", () => {
  expect(deviationTable([record("http2/9.9/1", 1)]).rows).toEqual([
    ["http2/9.9/1", ...Array(3).fill("fails in 2 of 3 runs"), "pass", ...Array(3).fill("fails in 2 of 3 runs"), ""],
  ]);
  expect(unexplained(record("http2/9.9/1", 1))).toEqual(["http2/9.9/1"]);
  expect(unexplained(record("http2/5.1/8", 0))).toEqual([]);
  expect(unexplained(record("http2/9.9/1", 3))).toEqual([]);
  expect(endingTable([record("http2/9.9/1", 0)]).rows[0]).toEqual(["data listener", "1", "0", "1", "2"]);
});
