// `maxsimd search --text` finds what the vectors of its question find: encoded here, or by a server with the same encoder.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Encoder } from "@maxsimd/encoder";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TINY } from "../../../encoder/testing/tiny-folder.js";
import { runCommand } from "../../testing/recorded-session.js";
import { writeCorpus } from "../../testing/small-corpus.js";
import { EXIT } from "../exit-code.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-text-"));
const at = (name: string) => join(folder, name);
const QUESTION = "what is the red fox?";
let server: RunningServer;

async function must(...args: string[]): Promise<Record<string, unknown>> {
  const { exitCode, err, json } = await runCommand([...args, "--json"]);
  expect([exitCode, exitCode === EXIT.OK ? "" : err.join("\n")]).toEqual([EXIT.OK, ""]);
  return json();
}

/** Ids and scores of the answer to the question. */
async function hits(...args: string[]): Promise<unknown> {
  const { results } = (await must("search", ...args)) as { results: { hits: { id: string; score: number }[] }[] };
  return results[0]?.hits.map(({ id, score }) => [id, Number(score.toFixed(4))]);
}

beforeAll(async () => {
  const texts = ["the red fox", "over the blue fox", "jumping, jumping.", "what is red?"];
  writeFileSync(at("texts.jsonl"), texts.map((text, i) => JSON.stringify({ id: `t${i}`, text })).join("\n"));
  writeFileSync(at("question.txt"), QUESTION);
  await must("encode", at("texts.jsonl"), "--encoder", TINY, "-o", at("encoded"));
  await must("encode", at("question.txt"), "--encoder", TINY, "-o", at("asked"), "--queries");
  await must("build", at("encoded"), "-o", at("texts.maxsim"), "--attributes", at("encoded/attributes.jsonl"));
  const config = { index: at("texts.maxsim"), port: 0, encoder: TINY, log: { level: "silent" } as const };
  server = await start(config, (model) => Encoder.open(model, 1));
});
afterAll(async () => {
  await server?.drain();
  rmSync(folder, { recursive: true });
});

it("answers as the vectors of the question do, from a file and from a server, whoever encodes", async () => {
  const expected = await hits("--queries", at("asked"), "--file", at("texts.maxsim"));
  expect(expected).toHaveLength(4);
  const question = ["--text", QUESTION];
  const asked = [
    await hits(...question, "--file", at("texts.maxsim"), "--encoder", TINY),
    await hits(...question, "--server", server.dataAddress, "--encoder", TINY),
    await hits(...question, "--server", server.dataAddress),
    await hits(...question, "--server", server.dataAddress, "--explain"),
  ];
  // Vectors of a file are rounded to f16, those of a question are not.
  for (const answer of asked as [string, number][][]) {
    expect(answer.map(([id]) => id)).toEqual((expected as [string, number][]).map(([id]) => id));
    for (const [i, [, score]] of answer.entries())
      expect(score).toBeCloseTo((expected as [string, number][])[i]?.[1] ?? 0, 1);
  }
  expect(asked[2]).toEqual(asked[1]);
});

it("names the dims of index and model if they differ", async () => {
  const { vectors, tokenIds, doclens } = writeCorpus(folder, 4);
  await must("build", vectors, tokenIds, doclens, "-o", at("wide.maxsim"));
  const args = ["search", "--text", QUESTION, "--encoder", TINY, "--file", at("wide.maxsim")];
  const { exitCode, err } = await runCommand(args);
  expect(exitCode).toBe(EXIT.BAD_DATA);
  expect(err[0]).toMatch(/have dim 8, but .*wide\.maxsim has 16/);
});
