import { type IndexVersion, MaxsimClient } from "@maxsimd/client";
import { type DocumentText, readDocuments, requireFiles } from "@maxsimd/report/dataset";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { EXIT } from "../exit-code.js";
import { CommandFailure, usageFailure } from "../failure.js";
import { type FileQuery, type QueryFlags, readSelection } from "../inputs/query-selection.js";
import { addConnectionOptions, type ConnectionFlags, withClient } from "../options/connection.js";
import { range } from "../options/numbers.js";
import { addSearchOptions, type SearchFlags, searchParams } from "../options/search-params.js";
import { type Column, cut, table } from "../output/table.js";
import type { Session } from "../session.js";

interface Flags extends QueryFlags, SearchFlags, ConnectionFlags {
  file?: string;
  server?: string;
  index?: string;
  version?: string;
  documents?: string;
}

/** The index that answered, and the hits of each query in the order of the queries. */
interface Answers {
  source: object;
  title: string;
  answers: { query: number; hits: readonly { docId: number; score: number }[]; indexVersion?: IndexVersion }[];
}

const EXAMPLES = [
  "maxsimd search --queries query_vectors.npy --lens query_lens.npy --query 3 --file papers.maxsim",
  "maxsimd search --queries query_vectors.npy --lens query_lens.npy --query 0:5 --server 127.0.0.1:50051 --index papers",
  "maxsimd search --queries bench/sample --query 3 --file sample.maxsim --documents bench/sample/documents.jsonl",
  "maxsimd search --queries queries.safetensors:emb --lens queries.safetensors:lens",
  "maxsimd search --queries query_vectors.npy --rows 12:44 --alpha none --json | tail -n 1 | jq '.results[0].hits'",
];

/** `maxsimd search`: query vectors against an index file or a server. */
export function searchCommand(session: Session): Command {
  const command = defineCommand("search", "search an index file or a server with query vectors from a file", EXAMPLES)
    .requiredOption(
      "--queries <file>",
      "query token vectors: [rows, dim] or [queries, rows, dim]; or a folder or an archive with query_vectors",
    )
    .option("--lens <file>", "number of rows of each query; without it, a matrix of two dimensions is one query")
    .option("--query <n|from:to>", "which query, or range of queries, from 0 (default: all)", range)
    .option("--rows <from:to>", "rows of the file that are one query", range)
    .option("--file <index>", "index file to search")
    .option("--server <address>", "server to ask (default: the variable MAXSIMD_SERVER, or 127.0.0.1:50051)")
    .option("--index <name>", "index on the server (default: its only one)")
    .option("--version <label>", "version of the index on the server (default: the current one)")
    .option("--documents <file>", "JSON lines with a title for each document, to show with the hits");
  return addConnectionOptions(addSearchOptions(command)).action(
    reporting(session, (flags: Flags) => search(session, flags)),
  );
}

async function search(session: Session, flags: Flags): Promise<Report> {
  if (flags.file !== undefined && flags.server !== undefined) {
    throw usageFailure("give either --file or --server, not both");
  }
  requireFiles(flags.file, flags.documents);
  const queries = await readSelection(flags);
  const { source, title, answers } =
    flags.file === undefined ? await askServer(session, queries, flags) : await searchFile(queries, flags.file, flags);
  const wanted = new Set(answers.flatMap(({ hits }) => hits.map(({ docId }) => docId)));
  const documents = flags.documents === undefined ? new Map() : await readDocuments(flags.documents, wanted);
  const results = answers.map(({ query, hits, indexVersion }) => ({
    query,
    ...(indexVersion === undefined ? {} : { indexVersion }),
    hits: hits.map((hit, i) => ({ rank: i + 1, ...hit, ...documents.get(hit.docId) })),
  }));
  const text = results.map(({ query, hits }) => `${title}, query ${query}\n${hitTable(hits, session)}`).join("\n\n");
  return { json: { ...source, results }, text };
}

async function searchFile(queries: readonly FileQuery[], file: string, flags: Flags): Promise<Answers> {
  const { Index } = await import("@maxsimd/native");
  const index = await Index.load(file);
  try {
    const params = searchParams(flags);
    const answers: Answers["answers"] = [];
    for (const { position, data, dim } of queries) {
      if (dim !== index.info.dim) {
        throw new CommandFailure(EXIT.BAD_DATA, `the queries have dim ${dim}, but ${file} has ${index.info.dim}`);
      }
      const { docIds, scores } = await index.search(data, params);
      const hits = Array.from(docIds, (docId, i) => ({ docId, score: scores[i] as number }));
      // Places that no document fills have the score −∞.
      answers.push({ query: position, hits: hits.filter(({ score }) => Number.isFinite(score)) });
    }
    return { source: { file, digest: index.info.digest }, title: file, answers };
  } finally {
    index.close();
  }
}

function askServer(session: Session, queries: readonly FileQuery[], flags: Flags): Promise<Answers> {
  const address = flags.server ?? session.settings.server;
  return withClient(MaxsimClient, address, flags, session, async (client) => {
    const answers: Answers["answers"] = [];
    const options = {
      params: searchParams(flags),
      ...{ index: flags.index, version: flags.version, timeoutMs: flags.timeout, signal: session.interruption() },
      // The file's values are sent unchanged, so that a server and an index file give the same scores.
      dtype: "f32" as const,
    };
    const outcomes = client.searchStream(
      queries.map((query) => ({ id: query.position, query })),
      options,
    );
    for await (const outcome of outcomes) {
      if (outcome.error !== undefined) throw outcome.error;
      answers.push({ query: outcome.id, hits: outcome.hits, indexVersion: outcome.indexVersion });
    }
    answers.sort((a, b) => a.query - b.query);
    const { index = flags.index, version = "" } = answers[0]?.indexVersion ?? {};
    return { source: { server: address }, title: `${index} ${version} at ${address}`, answers };
  });
}

type Hit = { rank: number; docId: number; score: number } & DocumentText;

function hitTable(hits: readonly Hit[], session: Session): string {
  if (hits.length === 0) return "no documents";
  // The other columns need 30 characters. Without a terminal, lines have 100.
  const width = Math.max(20, (session.columns ?? 100) - 30);
  const title: Column<Hit> = ["title", (hit) => cut(hit.title ?? "", width)];
  return table(hits, [
    ["rank", ({ rank }) => `${rank}`, "number"],
    ["score", ({ score }) => score.toFixed(4), "number"],
    ["document", ({ docId }) => `${docId}`, "number"],
    ...(hits.some((hit) => hit.title !== undefined) ? [title] : []),
  ]);
}
