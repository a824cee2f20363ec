// The committed sample is what dataset.json says it is, and a retrieval task in which the judgements fit the questions.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { fromHalf } from "../reference/vector-file.js";

const here = fileURLToPath(new URL("./", import.meta.url));
const sample = fileURLToPath(new URL("../sample/", import.meta.url));
const source = fileURLToPath(new URL("./cranfield/", import.meta.url));

const hasPython = spawnSync("python3", ["--version"]).status === 0;

const MOST_BYTES = 12_000_000;

interface Description {
  counts: Record<
    "documents" | "emptyDocuments" | "tokens" | "tokenTypes" | "queries" | "queryTokens" | "judgements",
    number
  >;
  dim: number;
  exact: { judgedQueries: number; ndcg10: number; success5: number };
  files: Record<string, { bytes: number; sha256: string }>;
}

interface Attributes {
  id: string;
  title?: string;
  author?: string | string[];
  year?: number;
  source?: string;
}

interface Text {
  id: string;
  title?: string;
  text: string;
}

/** The header and body of an .npy file, without the binding: the sample is checked before anything native is built. */
function readNpy(name: string): { descr: string; shape: number[]; body: Buffer } {
  const bytes = readFileSync(join(sample, name));
  expect(bytes.subarray(0, 8), name).toEqual(Buffer.from("\x93NUMPY\x01\x00", "latin1"));
  const end = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, end);
  const [, descr = "", fortran = "", shape = ""] =
    /'descr': '([^']+)', 'fortran_order': (\w+), 'shape': \(([^)]*)\)/.exec(header) ?? [];
  expect(fortran, name).toBe("False");
  return { descr, shape: shape.split(",").filter(Boolean).map(Number), body: bytes.subarray(end) };
}

function readLengths(name: string): number[] {
  const { descr, shape, body } = readNpy(name);
  expect(descr).toBe("<i4");
  return Array.from({ length: shape[0] ?? 0 }, (_, i) => body.readInt32LE(i * 4));
}

function readLines(name: string): string[] {
  return readFileSync(join(sample, name), "utf8").split("\n").slice(0, -1);
}

function readSource(name: string): string {
  return gunzipSync(readFileSync(join(source, `${name}.gz`))).toString("utf8");
}

/** The relevant documents' ids of the source, by the position of the query, from 1. */
function readSourceJudgements(): Map<number, Set<string>> {
  const relevant = new Map<number, Set<string>>();
  for (const line of readSource("cranqrel.trec.txt").trim().split("\n")) {
    const [query = "", , document = "", grade = ""] = line.trim().split(/\s+/);
    if (Number(grade) <= 0) continue;
    const documents = relevant.get(Number(query)) ?? new Set();
    relevant.set(Number(query), documents.add(document));
  }
  return relevant;
}

/** The share of a question's words of at least four letters that a text has. */
function overlap(question: string, text: string): number {
  const words = (value: string): Set<string> => new Set(value.toLowerCase().match(/[a-z]{4,}/g));
  const asked = words(question);
  const there = words(text);
  return [...asked].filter((word) => there.has(word)).length / Math.max(1, asked.size);
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

const description = JSON.parse(readFileSync(join(sample, "dataset.json"), "utf8")) as Description;
const documents = readLines("documents.jsonl").map((line) => JSON.parse(line) as Text);
const queries = readLines("queries.jsonl").map((line) => JSON.parse(line) as Text);
const judgements = readLines("qrels.tsv").map((line) => line.split("\t").map(Number) as [number, number, number]);

describe("the files", () => {
  test("are those of dataset.json, byte for byte", () => {
    for (const [name, { bytes, sha256 }] of Object.entries(description.files)) {
      const content = readFileSync(join(sample, name));
      expect(content.length, name).toBe(bytes);
      expect(createHash("sha256").update(content).digest("hex"), name).toBe(sha256);
    }
  });

  test("fit into 12 MB, whatever else lies beside them", () => {
    const total = sum(readdirSync(sample).map((name) => statSync(join(sample, name)).size));
    expect(total).toBeLessThanOrEqual(MOST_BYTES);
  });

  test("agree in their counts", () => {
    const { counts, dim } = description;
    const doclens = readLengths("doclens.npy");
    const queryLens = readLengths("query_lens.npy");
    expect(readNpy("vectors.npy")).toMatchObject({ descr: "<f2", shape: [counts.tokens, dim] });
    expect(readNpy("query_vectors.npy")).toMatchObject({ descr: "<f2", shape: [counts.queryTokens, dim] });
    expect(readNpy("token_ids.npy")).toMatchObject({ descr: "<u4", shape: [counts.tokens] });
    expect(readNpy("query_token_ids.npy")).toMatchObject({ descr: "<u4", shape: [counts.queryTokens] });
    expect(doclens).toHaveLength(counts.documents);
    expect(sum(doclens)).toBe(counts.tokens);
    expect(queryLens).toHaveLength(counts.queries);
    expect(sum(queryLens)).toBe(counts.queryTokens);
    expect(documents).toHaveLength(counts.documents);
    expect(queries).toHaveLength(counts.queries);
    expect(judgements).toHaveLength(counts.judgements);
  });

  test("hold finite vectors of length 1", () => {
    for (const name of ["vectors.npy", "query_vectors.npy"]) {
      const { body } = readNpy(name);
      for (let row = 0; row < body.length / 2 / description.dim; row += 97) {
        const values = Array.from({ length: description.dim }, (_, i) =>
          fromHalf(body.readUInt16LE((row * description.dim + i) * 2)),
        );
        expect(Math.sqrt(sum(values.map((value) => value * value))), `${name} row ${row}`).toBeCloseTo(1, 2);
      }
    }
  });

  test("name every token in the vocabulary", () => {
    const vocabulary = readLines("vocab.txt");
    const { body, shape } = readNpy("token_ids.npy");
    const ids = new Set(Array.from({ length: shape[0] ?? 0 }, (_, i) => body.readUInt32LE(i * 4)));
    expect(ids.size).toBe(description.counts.tokenTypes);
    expect(Math.max(...ids)).toBeLessThan(vocabulary.length);
  });
});

describe("the attributes", () => {
  const attributes = readLines("attributes.jsonl").map((line) => JSON.parse(line) as Attributes);
  const byId = new Map(attributes.map((one) => [one.id, one]));
  const records = new Map(
    readSource("cran.all.1400.xml")
      .split("<docno>")
      .slice(1)
      .map((record) => [record.slice(0, record.indexOf("<")).trim(), record]),
  );
  const field = (id: string, tag: string): string => {
    const [, text = ""] = new RegExp(`<${tag}>(.*?)</${tag}>`, "s").exec(records.get(id) ?? "") ?? [];
    return text.trim().replace(/\s+/g, " ");
  };
  const authors = ({ author = [] }: Attributes): string[] => [author].flat();

  test("are one line per document, with its id, and title and source as the collection has them", () => {
    expect(attributes.map(({ id }) => id)).toEqual(documents.map(({ id }) => id));
    for (const { id, title = "", source = "" } of attributes) {
      expect(title, id).toBe(field(id, "title"));
      expect(source, id).toBe(field(id, "bib"));
    }
    for (const one of attributes) expect(Object.values(one), one.id).not.toContain("");
  });

  test("name all authors of a line, and nothing else", () => {
    for (const one of attributes) {
      const rest = authors(one).reduce((line, author) => line.replace(author, ""), field(one.id, "author"));
      expect(rest.replaceAll(/and|[, ]/g, ""), one.id).toBe("");
      expect(Array.isArray(one.author), one.id).toBe(authors(one).length > 1);
    }
    const known: Record<string, string[]> = {
      10: ["chambre,p.l.", "schaaf,s.a."],
      302: ["hansen, c. f."],
      405: [
        ...["joseph hilsenrath", "chalres beckett", "william bendict", "liila fano", "harold hoge", "joseph masi"],
        ...["ralph nuttall", "yeram touloukian", "harold woolley"],
      ],
      666: ["ferri, a.", "zakkay, v.", "ting, l."],
      772: ["clark, e.l. /jnr./", "ordway, d.e."],
      951: ["stowell,e.z.", "thein wah."],
      1158: ["charles e. wittliff", "merle r. wilson", "abraham hertzberg"],
      // These can be read in more than one way.
      252: ["f. o/hara and l. c. squire, r.a.e."],
      720: ["d. j. mead, d. c. ae."],
      471: [],
    };
    for (const [id, expected] of Object.entries(known))
      expect(authors(byId.get(id) as Attributes), id).toEqual(expected);
  });

  test("have a year where the bibliographic line has one that is certain", () => {
    const known: Record<string, number | undefined> = {
      4: 1955, // j. ae. scs. 22, 1955, 728.
      86: 1961, // j. ae. scs. 1961, 27.
      259: 1960, // j. ae. scs.1960, 730.
      405: 1955, // nbs circular 564 (1955)
      478: 1953, // arc cp.1913, 1953.
      672: 1952, // wind tunnel techniques, chapter 8 pitman. 1952 .
      900: 1959, // arc cp.477, 1959.
      1083: 1928, // a.r.c., r + m, 1194. 1928 .
      3: undefined, // department of mathematics, university of manchester, manchester, england
      596: undefined, // aero. quart. v. 2, 1950-1 .
      1111: undefined, // 3rd a.a.aero. conf. september 1951. r.a.s. 1952, pp 419-446j .
      1314: undefined, // j. app. phys., 23, 1852, 1390.
    };
    for (const [id, year] of Object.entries(known)) expect(byId.get(id)?.year, id).toBe(year);
    for (const { id, year, source = "" } of attributes) if (year) expect(source, id).toContain(String(year));
    expect(attributes.filter(({ year }) => year !== undefined)).toHaveLength(320);
  });

  test.runIf(hasPython)("are what the script writes", () => {
    const script =
      "import cranfield_attributes, sys; print(*cranfield_attributes.lines(sys.stdin.read().split()), sep='\\n')";
    const input = documents.map(({ id }) => id).join("\n");
    const args = ["-B", "-X", "utf8", "-c", script];
    const { status, stdout } = spawnSync("python3", args, { cwd: here, input, encoding: "utf8" });
    expect(status).toBe(0);
    expect(stdout).toBe(readFileSync(join(sample, "attributes.jsonl"), "utf8"));
  });
});

describe("the task", () => {
  test("has at least 300 documents and 50 questions, each with a relevant document", () => {
    expect(documents.length).toBeGreaterThanOrEqual(300);
    expect(queries.length).toBeGreaterThanOrEqual(50);
    expect(new Set(judgements.map(([query]) => query)).size).toBe(queries.length);
    expect(description.exact.judgedQueries).toBe(queries.length);
  });

  test("keeps documents without a token", () => {
    const doclens = readLengths("doclens.npy");
    const empty = documents.flatMap(({ text }, index) => (text === "" ? [index] : []));
    expect(empty).toHaveLength(description.counts.emptyDocuments);
    expect(empty.length).toBeGreaterThan(0);
    for (const [index, length] of doclens.entries())
      expect(length === 0, `document ${index}`).toBe(empty.includes(index));
  });

  test("has all relevant documents of each question, as the source judges by position", () => {
    const numbers = [...readSource("cran.qry.xml").matchAll(/<num>\s*(\d+)/g)].map(([, number]) => number);
    const relevant = readSourceJudgements();
    for (const [index, { id }] of queries.entries()) {
      const here = judgements.filter(([query]) => query === index).map(([, document]) => documents[document]?.id);
      expect(new Set(here), `query ${id}`).toEqual(relevant.get(numbers.indexOf(id) + 1));
    }
    for (const [, , grade] of judgements) expect(grade).toBeGreaterThan(0);
  });

  test("judges documents that share words with the question, more than another question's documents do", () => {
    const text = (index: number): string => documents[index]?.text ?? "";
    const question = (index: number): string => queries[index % queries.length]?.text ?? "";
    const own = mean(judgements.map(([query, document]) => overlap(question(query), text(document))));
    const shifted = mean(judgements.map(([query, document]) => overlap(question(query + 7), text(document))));
    expect(own).toBeGreaterThan(2 * shifted);
  });

  test("is neither trivial nor hopeless for exact MaxSim", () => {
    expect(description.exact.ndcg10).toBeGreaterThan(0.4);
    expect(description.exact.ndcg10).toBeLessThan(0.9);
    expect(description.exact.success5).toBeGreaterThan(0.6);
  });
});
