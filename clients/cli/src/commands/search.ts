import {
  type Explanation,
  type Hit as FoundHit,
  type IndexVersion,
  MaxsimClient,
  type SearchCallOptions,
  type SearchOptions,
  type StoredFields,
} from "@maxsimd/client";
import { type DocumentText, readDocuments, requireFiles } from "@maxsimd/report/dataset";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { EXIT } from "../exit-code.js";
import { CommandFailure, usageFailure } from "../failure.js";
import { type FileQuery, type QueryFlags, readSelection } from "../inputs/query-selection.js";
import { openEncoder } from "../open-encoder.js";
import { addConnectionOptions, type ConnectionFlags, withClient } from "../options/connection.js";
import { range } from "../options/numbers.js";
import { addSearchOptions, type SearchFlags, searchParams } from "../options/search-params.js";
import { addSelectionOptions, type Selection, type SelectionFlags, selection } from "../options/selection.js";
import { type Hit, hitTable } from "../output/hit-table.js";
import { matchesOf, matchTable } from "../output/match-table.js";
import type { Session } from "../session.js";

interface Flags extends Partial<QueryFlags>, SearchFlags, SelectionFlags, ConnectionFlags {
  text?: string;
  encoder?: string;
  file?: string;
  server?: string;
  index?: string;
  version?: string;
  documents?: string;
  explain?: boolean;
}

interface QueryAnswer {
  query: number;
  hits: readonly FoundHit[];
  /** Whether every document that may be returned was scored. */
  exhausted: boolean;
  indexVersion?: IndexVersion;
}

/** The index that answered, and the hits of each query in the order of the queries. */
interface Answers {
  source: object;
  title: string;
  answers: QueryAnswer[];
}

const EXAMPLES = [
  "maxsimd search --queries query_vectors.npy --lens query_lens.npy --query 3 --file papers.maxsim",
  "maxsimd search --queries query_vectors.npy --lens query_lens.npy --query 0:5 --server 127.0.0.1:50051 --index papers",
  'maxsimd search --text "what makes a wing stall" --server 127.0.0.1:50051',
  'maxsimd search --text "what makes a wing stall" --encoder model --file papers.maxsim',
  "maxsimd search --queries bench/sample --query 3 --file sample.maxsim --documents bench/sample/documents.jsonl",
  "maxsimd search --queries queries.npz --file papers.maxsim --filter 'year >= 2020 and tags = \"survey\"' --fields title,year",
  "maxsimd search --queries bench/sample --query 3 --file sample.maxsim --explain",
  "maxsimd search --queries queries.safetensors:emb --lens queries.safetensors:lens",
  "maxsimd search --queries query_vectors.npy --rows 12:44 --alpha none --json | tail -n 1 | jq '.results[0].hits'",
];

/** `maxsimd search`: query vectors against an index file or a server. */
export function searchCommand(session: Session): Command {
  const command = defineCommand(
    "search",
    "search an index file or a server with query vectors from a file, or a question",
    EXAMPLES,
  )
    .option("--text <question>", "a question in words, which the server encodes; or the model of --encoder does")
    .option("--encoder <folder>", "folder of an ONNX model that encodes --text here")
    .option(
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
    .option("--explain", "show which tokens of the best document match; with --json those of all hits")
    .option("--documents <file>", "JSON lines with a title for each document, to show with the hits");
  return addConnectionOptions(addSelectionOptions(addSearchOptions(command))).action(
    reporting(session, (flags: Flags) => search(session, flags)),
  );
}

async function search(session: Session, flags: Flags): Promise<Report> {
  if (flags.file !== undefined && flags.server !== undefined) {
    throw usageFailure("give either --file or --server, not both");
  }
  const chosen = await selection(flags);
  requireFiles(flags.file, flags.documents);
  const queries = await readOrEncode(session, flags);
  const { source, title, answers } =
    flags.file === undefined
      ? await askServer(session, queries, flags, chosen)
      : await searchFile(queries ?? [], flags.file, flags, chosen);
  const wanted = new Set(answers.flatMap(({ hits }) => hits.map(({ docId }) => docId)));
  const documents = flags.documents === undefined ? new Map() : await readDocuments(flags.documents, wanted);
  const results = answers.map(({ query, hits, exhausted, indexVersion }) => ({
    query,
    ...(indexVersion === undefined ? {} : { indexVersion }),
    exhausted,
    hits: hits.map((hit, i) => described(hit, i + 1, documents.get(hit.docId))),
  }));
  const text = results
    .map(({ query, hits }) => `${title}, query ${query}\n${hitTable(hits, session.columns)}${explained(hits[0])}`)
    .join("\n\n");
  return { json: { ...source, results }, text };
}

/** The queries of a file, or one that was encoded here; undefined for a question that the server encodes. */
async function readOrEncode(session: Session, flags: Flags): Promise<FileQuery[] | undefined> {
  const { queries, text, encoder: folder, file, lens, query, rows } = flags;
  if ((queries === undefined) === (text === undefined)) {
    throw usageFailure("say what to ask: either --queries <file> or --text <question>");
  }
  if (text === undefined) {
    if (folder !== undefined) throw usageFailure("--encoder encodes the question of --text: give both");
    return readSelection({ ...flags, queries: queries as string });
  }
  if (text.trim() === "") throw usageFailure("--text: expected a question, got no words");
  if ([lens, query, rows].some((flag) => flag !== undefined)) {
    throw usageFailure("--text is one query: leave out --lens, --query and --rows");
  }
  if (folder === undefined) {
    if (file !== undefined)
      throw usageFailure("--text with --file needs the model that encodes it: --encoder <folder>");
    return undefined;
  }
  const encoder = await openEncoder(folder, session);
  try {
    const { vectors } = await encoder.encode([text], "query");
    return [{ position: 0, data: vectors, dim: encoder.dim }];
  } finally {
    await encoder.close();
  }
}

/** An index without ids names a document by its position; then the id of the file with titles is used. */
function described({ explanation, ...hit }: FoundHit, rank: number, text: DocumentText | undefined): Hit {
  const named = hit.id !== String(hit.docId);
  const matches = explanation === undefined ? {} : { matches: matchesOf(explanation) };
  return { rank, ...hit, ...text, id: named ? hit.id : (text?.id ?? hit.id), ...matches };
}

/** The matches of a hit under its table; an empty text if it is not explained. */
function explained(hit: Hit | undefined): string {
  if (hit?.matches === undefined) return "";
  return `\n\nmatches of ${hit.id}, which add up to ${hit.score.toFixed(4)}\n${matchTable(hit.matches)}`;
}

async function searchFile(
  queries: readonly FileQuery[],
  file: string,
  flags: Flags,
  { filter, fields }: Selection,
): Promise<Answers> {
  const { Index } = await import("@maxsimd/native");
  const index = await Index.load(file);
  try {
    const params = { ...searchParams(flags), filter };
    const stored = (docId: number) => (fields === undefined ? {} : { fields: pick(index.fields(docId), fields) });
    const answers: QueryAnswer[] = [];
    for (const { position, data, dim } of queries) {
      if (dim !== index.info.dim) {
        throw new CommandFailure(EXIT.BAD_DATA, `the queries have dim ${dim}, but ${file} has ${index.info.dim}`);
      }
      const { docIds, scores, exhausted } = await index.search(data, params);
      // Places that no document fills have the score −∞.
      const found = docIds.filter((_, i) => Number.isFinite(scores[i]));
      const ids = index.ids(found);
      const explanations = flags.explain ? await index.explain(data, found) : [];
      const hits = Array.from(found, (docId, i) => ({
        ...{ docId, id: ids[i] as string, score: scores[i] as number },
        ...stored(docId),
        ...(flags.explain ? { explanation: explanations[i] as Explanation } : {}),
      }));
      answers.push({ query: position, hits, exhausted: exhausted[0] === 1 });
    }
    return { source: { file, digest: index.info.digest }, title: file, answers };
  } finally {
    index.close();
  }
}

function pick(stored: Record<string, unknown>, names: readonly string[] | "all"): StoredFields {
  const chosen = names === "all" ? Object.keys(stored) : names.filter((name) => Object.hasOwn(stored, name));
  return Object.fromEntries(chosen.map((name) => [name, stored[name]])) as StoredFields;
}

function askServer(
  session: Session,
  queries: readonly FileQuery[] | undefined,
  flags: Flags,
  chosen: Selection,
): Promise<Answers> {
  const address = flags.server ?? session.settings.server;
  return withClient(MaxsimClient, address, flags, session, async (client) => {
    const answers: QueryAnswer[] = [];
    const options = {
      params: { ...searchParams(flags), ...chosen },
      ...{ index: flags.index, version: flags.version, timeoutMs: flags.timeout, signal: session.interruption() },
      // The file's values are sent unchanged, so that a server and an index file give the same scores.
      dtype: "f32" as const,
    };
    if (queries === undefined) {
      const { params, ...call } = options;
      const asked = { ...params, explain: flags.explain ?? false };
      const { hits, exhausted, indexVersion } = await client.searchText(flags.text as string, asked, call);
      return [{ query: 0, hits, exhausted, indexVersion }];
    }
    if (flags.explain) return explainedAnswers(client, queries, options);
    const outcomes = client.searchStream(
      queries.map((query) => ({ id: query.position, query })),
      options,
    );
    for await (const outcome of outcomes) {
      if (outcome.error !== undefined) throw outcome.error;
      const { id: query, hits, exhausted, indexVersion } = outcome;
      answers.push({ query, hits, exhausted, indexVersion });
    }
    answers.sort((a, b) => a.query - b.query);
    return answers;
  }).then((answers) => {
    const { index = flags.index, version = "" } = answers[0]?.indexVersion ?? {};
    return { source: { server: address }, title: `${index} ${version} at ${address}`, answers };
  });
}

/** A stream does not explain, so each query is a call of its own. */
async function explainedAnswers(
  client: MaxsimClient,
  queries: readonly FileQuery[],
  { params, ...options }: SearchCallOptions & { params: SearchOptions },
): Promise<QueryAnswer[]> {
  const answers: QueryAnswer[] = [];
  for (const query of queries) {
    const { hits, exhausted, indexVersion } = await client.search(query, { ...params, explain: true }, options);
    answers.push({ query: query.position, hits, exhausted, indexVersion });
  }
  return answers;
}
