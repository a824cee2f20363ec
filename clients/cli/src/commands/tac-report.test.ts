import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readNpy, Tac, toHalf, writeNpy } from "@maxsimd/native";
import type { TacNumbers } from "@maxsimd/report";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ReadPage, readPage, toNumber } from "../../../report/testing/read-page.js";
import { type Ran, runCommand } from "../../testing/recorded-session.js";
import { DIM, writeCorpus } from "../../testing/small-corpus.js";
import { TYPE_COUNTS, TYPE_TEXTS, type TypedCorpusFiles, writeTypedCorpus } from "../../testing/typed-corpus.js";
import { EXIT } from "../exit-code.js";

const folder = mkdtempSync(join(tmpdir(), "maxsimd-tac-report-"));
const at = (...names: string[]) => join(folder, ...names);
let corpus: TypedCorpusFiles;

beforeAll(() => {
  corpus = writeTypedCorpus(at("in"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const report = (output: string, ...flags: string[]) =>
  runCommand(["tac", "report", corpus.vectors, corpus.tokenIds, "-o", output, ...flags]);

describe("tac report", () => {
  let ran: Ran;
  let page: ReadPage;
  let numbers: TacNumbers & { page: string };

  beforeAll(async () => {
    ran = await report(at("tac.html"), "--vocab", corpus.vocabulary, "--centroids", "20", "--json");
    page = readPage(at("tac.html"));
    numbers = ran.json() as unknown as typeof numbers;
  });

  it("makes one page with every section and its plot, which loads nothing from outside", () => {
    expect(ran.exitCode).toBe(EXIT.OK);
    expect(page.sections).toEqual(["tiers", "allocation", "spread", "budget", "error", "crowding"]);
    expect(page.contents).toEqual(page.sections);
    expect(page.figures).toHaveLength(5);
    expect(page.reaches).toEqual([]);
    expect(page.text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("prints the numbers that the page shows", () => {
    const { page: path, ...rest } = numbers;
    expect(path).toBe(at("tac.html"));
    expect(page.numbers).toEqual(rest);
    const tiers = rest.byType?.tiers ?? [];
    expect(
      page.rows("tiers").map(([tier, , types, , tokens, , centroids]) => [tier, types, tokens, centroids]),
    ).toEqual(tiers.map(({ tier, types, tokens, centroids }) => [tier, `${types}`, `${tokens}`, `${centroids}`]));
    for (const [i, cells] of page.rows("error").entries()) {
      expect(toNumber(cells[2])).toBeCloseTo(tiers[i]?.spread as number, 2);
      expect(toNumber(cells[3])).toBeCloseTo(tiers[i]?.error as number, 2);
    }
    const budget = page.rows("budget").slice(0, 3);
    expect(budget.map(([tier]) => tier)).toEqual(["micro", "small", "active"]);
    for (const [i, cells] of budget.entries()) {
      expect(toNumber(cells[2])).toBeCloseTo(100 * (tiers[i]?.centroidShare as number), 1);
    }
  });

  it("gives the numbers computed by hand", () => {
    const [micro, small, active] = numbers.byType?.tiers ?? [];
    expect(numbers).toMatchObject({ tokens: 800, types: 6, centroids: 20, dim: DIM, global: false });
    expect(micro).toMatchObject({ types: 2, tokens: 10, centroids: 2 });
    expect(small).toMatchObject({ types: 1, tokens: 40, centroids: 2 });
    expect(active).toMatchObject({ types: 3, tokens: 750, centroids: 16 });
    expect(numbers.byType?.spread.once).toBe(1);
    const points = numbers.byType?.allocation.points ?? [];
    expect(points.map(({ count }) => count)).toEqual(TYPE_COUNTS);
  });

  it("measures the error that a naive sum over the engine's clustering gives", async () => {
    const tac = new Tac({ nCentroids: 20 });
    await tac.train(corpus.vectors, corpus.tokenIds);
    const halves = readNpy(corpus.vectors).data as Uint16Array;
    const value = (i: number) => {
      const bits = halves[i] as number;
      const magnitude = 2 ** (((bits >> 10) & 31) - 15) * (1 + (bits & 1023) / 1024);
      const subnormal = (bits & 1023) * 2 ** -24;
      return (bits & 0x8000 ? -1 : 1) * ((bits >> 10) & 31 ? magnitude : subnormal);
    };
    let squares = 0;
    for (let i = 0; i < halves.length; i++) {
      const centroid = tac.assignments[Math.floor(i / DIM)] as number;
      squares += (value(i) - (tac.centroids[centroid * DIM + (i % DIM)] as number)) ** 2;
    }
    expect(numbers.error).toBeCloseTo(squares / 800, 10);
    expect(numbers.byType?.tiers.at(-1)?.error).toBeCloseTo(squares / 800, 10);
  });

  it("shows types by their text", () => {
    const tokens = page.rows("crowding").map(([token]) => token);
    for (const text of TYPE_TEXTS) expect(tokens).toContain(text);
    expect(numbers.byType?.crowding.largest[0]).toMatchObject({ tokenId: 5, text: "the", count: 500 });
  });

  it("shows its progress on standard error", () => {
    expect(ran.err.some((line) => line.startsWith("cluster: "))).toBe(true);
    expect(ran.out).toHaveLength(1);
  });
});

describe("tac report, otherwise", () => {
  it("shows ids without a vocabulary, and prints a summary of the page", async () => {
    const { out } = await report(at("ids.html"));
    expect(out.join("\n")).toMatch(/^token types +6$/m);
    expect(
      readPage(at("ids.html"))
        .rows("crowding")
        .map(([token]) => token),
    ).toContain("#5");
  });

  it("says that there are no numbers by type if one k-means ran over all tokens", async () => {
    const { json } = await report(at("global.html"), "--centroids", "3", "--json");
    expect(json()).toMatchObject({ global: true, byType: null, centroids: 3 });
    const page = readPage(at("global.html"));
    expect(page.sections).toEqual(["global"]);
    expect(page.words("global")).toContain("The budget of 3 centroids is below 16");
    expect(page.reaches).toEqual([]);
  });

  it.each([
    ["one token", 1, () => 0],
    ["types that all are micro", 60, (i: number) => i % 20],
    ["one type", 300, () => 9],
  ])("has a whole page of %s", async (name, tokens, typeOf) => {
    const [vectors, tokenIds] = [at("vectors.npy"), at("ids.npy")];
    const values = Float32Array.from({ length: tokens * DIM }, (_, i) => Math.sin(i * 12.9898));
    writeNpy(vectors, toHalf(values), [tokens, DIM]);
    writeNpy(
      tokenIds,
      Uint32Array.from({ length: tokens }, (_, i) => typeOf(i)),
      [tokens],
    );
    const { exitCode } = await runCommand(["tac", "report", vectors, tokenIds, "-o", at(`${name}.html`)]);
    expect(exitCode).toBe(EXIT.OK);
    const page = readPage(at(`${name}.html`));
    expect(page.sections).toHaveLength(6);
    expect(page.text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("replaces a page with --force only", async () => {
    await report(at("twice.html"));
    expect((await report(at("twice.html"))).exitCode).toBe(EXIT.USAGE);
    expect((await report(at("twice.html"), "--force")).exitCode).toBe(EXIT.OK);
  });

  it("leaves no page when it is interrupted", async () => {
    // Clustering must last longer than its first progress takes to arrive.
    const { vectors, tokenIds } = writeCorpus(at("large"), 2_000);
    const long = ["--centroids", "256", "--n-iter", "1000"];
    const { exitCode } = await runCommand(["tac", "report", vectors, tokenIds, "-o", at("cut.html"), ...long], {
      onError: (_, interrupt) => interrupt(),
    });
    expect(exitCode).toBe(EXIT.INTERRUPTED);
    expect(existsSync(at("cut.html"))).toBe(false);
  });
});
