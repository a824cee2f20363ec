import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../exit-code.js";
import { type Failure, failureOf } from "../failure.js";
import { reportInputs } from "./report-inputs.js";

const root = mkdtempSync(join(tmpdir(), "maxsimd-inputs-"));
const at = (...names: string[]) => join(root, ...names);
const touch = (...names: string[]) => {
  for (const name of names) writeFileSync(at(name), "{}");
};

beforeAll(() => {
  mkdirSync(at("whole"));
  mkdirSync(at("bare"));
  const needed = ["vectors.npy", "token_ids.npy", "doclens.npy", "query_vectors.npy"];
  touch(...needed.flatMap((name) => [join("whole", name), join("bare", name)]));
  const more = ["query_lens.npy", "qrels.tsv", "documents.jsonl", "queries.jsonl"];
  touch(...more.map((name) => join("whole", name)), "other.tsv");
  writeFileSync(at("whole", "dataset.json"), JSON.stringify({ title: "A collection" }));
});
afterAll(() => rmSync(root, { recursive: true }));

async function failure(work: () => Promise<unknown>): Promise<Failure> {
  try {
    await work();
  } catch (error) {
    return failureOf(error);
  }
  throw new Error("nothing failed");
}

describe("reportInputs", () => {
  it("finds a data set's files under their usual names", async () => {
    const { title, vectors, queryLens, judgements, documents, queryTexts } = await reportInputs([], {
      dataset: at("whole"),
    });
    expect(title).toBe("A collection");
    expect(vectors).toBe(at("whole", "vectors.npy"));
    expect([queryLens, judgements, documents, queryTexts]).toEqual(
      ["query_lens.npy", "qrels.tsv", "documents.jsonl", "queries.jsonl"].map((name) => at("whole", name)),
    );
  });

  it("leaves out the optional files that a folder does not have", async () => {
    const { title, judgements, queryTexts } = await reportInputs([], { dataset: at("bare") });
    expect([title, judgements, queryTexts]).toEqual(["bare", undefined, undefined]);
  });

  it("takes a named file instead of the folder's, and queries without the folder's lengths", async () => {
    const named = await reportInputs([], {
      dataset: at("whole"),
      qrels: at("other.tsv"),
      queries: at("whole", "vectors.npy"),
    });
    expect(named).toMatchObject({ judgements: at("other.tsv"), queries: at("whole", "vectors.npy") });
    expect(named.queryLens).toBeUndefined();
  });

  it.each([
    [[], {}, EXIT.USAGE, "name the arrays"],
    [["v.npy", "t.npy", "d.npy"], {}, EXIT.USAGE, "--queries <file>"],
    [["v.npy", "t.npy", "d.npy"], { queries: "q.npy" }, EXIT.NOT_FOUND, "there is no file v.npy"],
    [["v.npy"], { dataset: "x" }, EXIT.USAGE, "either arrays or --dataset"],
    [[], { dataset: "/nowhere" }, EXIT.NOT_FOUND, "there is no folder /nowhere"],
  ])("refuses %j with %j", async (files, flags, exitCode, reason) => {
    const { exitCode: code, message } = await failure(() => reportInputs(files, flags));
    expect(code).toBe(exitCode);
    expect(message).toContain(reason);
  });
});
