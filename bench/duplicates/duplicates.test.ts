// Documents that hold what is asked are found, however often a corpus repeats itself.

import { join } from "node:path";
import { datasetFiles } from "@maxsimd/report/dataset";
import { expect, it } from "vitest";
import { type Finding, findings, isMet } from "./cases.js";
import { readSampleCorpus } from "./sample-corpus.js";

const SAMPLE = join(import.meta.dirname, "../sample");
/** Sizes that show the same as the full ones, in seconds. */
const SIZES = { copies: 5000, amongCopies: 20_000, blankDocuments: 400 };

it("finds what it must in every repetitive corpus", { timeout: 240_000 }, async () => {
  const found: Finding[] = [];
  const sample = await readSampleCorpus(SAMPLE);
  for await (const finding of findings(SIZES, sample, await datasetFiles(SAMPLE))) found.push(finding);
  expect(found.filter((finding) => !isMet(finding))).toEqual([]);
  expect(found).toHaveLength(20);
});
