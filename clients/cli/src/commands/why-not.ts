import { MaxsimClient, type WhyNot } from "@maxsimd/client";
import { requireFiles } from "@maxsimd/report/dataset";
import type { Command } from "commander";
import { defineCommand, type Report, reporting } from "../command.js";
import { EXIT } from "../exit-code.js";
import { CommandFailure, usageFailure } from "../failure.js";
import { type FileQuery, type QueryFlags, readSelection } from "../inputs/query-selection.js";
import { addConnectionOptions, type ConnectionFlags, withClient } from "../options/connection.js";
import { range } from "../options/numbers.js";
import { addSearchOptions, type SearchFlags, searchParams } from "../options/search-params.js";
import { type Selection, selection } from "../options/selection.js";
import { type Loss, sentenceOf } from "../output/loss-sentence.js";
import type { Session } from "../session.js";

interface Flags extends QueryFlags, SearchFlags, ConnectionFlags {
  filter?: string;
  file?: string;
  server?: string;
  index?: string;
  version?: string;
}

const EXAMPLES = [
  "maxsimd why-not 726 --queries bench/sample --query 3 --file sample.maxsim",
  "maxsimd why-not 2101.00027 --queries query_vectors.npy --rows 12:44 --server 127.0.0.1:50051 --k 5 --filter 'year >= 2020'",
];

/** `maxsimd why-not`: where a search lost a document, and the options that bring it. */
export function whyNotCommand(session: Session): Command {
  const command = defineCommand("why-not", "say why a search does not return a document, and what brings it", EXAMPLES)
    .argument("<id>", "id of the document")
    .requiredOption("--queries <file>", "query token vectors, as for search")
    .option("--lens <file>", "number of rows of each query; without it, a matrix of two dimensions is one query")
    .option("--query <n>", "which query, from 0", range)
    .option("--rows <from:to>", "rows of the file that are one query", range)
    .option("--file <index>", "index file to search")
    .option("--server <address>", "server to ask (default: the variable MAXSIMD_SERVER, or 127.0.0.1:50051)")
    .option("--index <name>", "index on the server (default: its only one)")
    .option("--version <label>", "version of the index on the server (default: the current one)")
    .option("--filter <expression>", "filter of the search, as for search");
  return addConnectionOptions(addSearchOptions(command)).action(
    reporting(session, (id: string, flags: Flags) => whyNot(session, id, flags)),
  );
}

async function whyNot(session: Session, id: string, flags: Flags): Promise<Report> {
  if (flags.file !== undefined && flags.server !== undefined) {
    throw usageFailure("give either --file or --server, not both");
  }
  const { filter } = await selection(flags);
  requireFiles(flags.file);
  const [query, ...others] = await readSelection(flags);
  if (query === undefined || others.length > 0) {
    throw usageFailure(`choose one query with --query <n>, not ${others.length + 1}`);
  }
  const loss =
    flags.file === undefined
      ? await askServer(session, id, query, flags, filter)
      : await askFile(flags.file, id, query, flags, filter);
  return { json: { id, query: query.position, ...loss }, text: sentenceOf(id, loss) };
}

async function askFile(
  file: string,
  id: string,
  { data, dim }: FileQuery,
  flags: Flags,
  filter: Selection["filter"],
): Promise<Loss> {
  const { Index } = await import("@maxsimd/native");
  const index = await Index.load(file);
  try {
    if (dim !== index.info.dim) {
      throw new CommandFailure(EXIT.BAD_DATA, `the queries have dim ${dim}, but ${file} has ${index.info.dim}`);
    }
    const { lost, ...more } = await index.whyNot(data, id, { ...searchParams(flags), filter });
    return { lost: lost.toUpperCase().replaceAll(/[ -]/g, "_") as Loss["lost"], ...more };
  } finally {
    index.close();
  }
}

function askServer(
  session: Session,
  id: string,
  query: FileQuery,
  flags: Flags,
  filter: Selection["filter"],
): Promise<WhyNot> {
  const address = flags.server ?? session.settings.server;
  return withClient(MaxsimClient, address, flags, session, (client) =>
    client.whyNot(query, id, {
      ...{ ...searchParams(flags), filter },
      ...{ index: flags.index, version: flags.version, timeoutMs: flags.timeout, signal: session.interruption() },
      // The file's values are sent unchanged, so that a server and an index file give the same answers.
      dtype: "f32",
    }),
  );
}
