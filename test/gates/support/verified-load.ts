import { fromBinary } from "@bufbuild/protobuf";
import {
  ErrorCode,
  ErrorDetailSchema,
  HitsSchema,
  SearchBatchRequestSchema,
  SearchService,
  SearchStreamRequestSchema,
} from "@maxsimd/proto";
import { partsOf } from "./message-parts.js";
import { INDEX, SEARCH, searchRequest, tensorOf } from "./sample-catalog.js";
import { bytesOf, framed, pathOf, type Reply, WireClient } from "./wire-client.js";

const BATCH = pathOf(SearchService.method.searchBatch);
const STREAM = pathOf(SearchService.method.searchStream);
/** Queries of a batch, and of a message of a stream. */
const GROUP = 16;
/** Queries of a stream that wait for their answers. */
const WINDOW = 64;
const K = 10;

/** The answers that a version gives alone: the bytes of its hits, by query. */
export type Answers = ReadonlyMap<string, readonly Buffer[]>;

/** Asks each query once, of each version after a change to it. */
export async function answersAlone(
  address: string,
  queries: readonly Uint8Array[],
  versions: readonly string[],
  makeCurrent: (version: string) => Promise<unknown>,
): Promise<Answers> {
  const client = new WireClient(address);
  const answers = new Map<string, Buffer[]>();
  for (const version of versions) {
    await makeCurrent(version);
    const hits: Buffer[] = [];
    for (const query of queries) {
      const { status, text, messages } = await client.send(SEARCH, searchRequest(query, K));
      const { version: named, outcomes } = split(messages[0] ?? Buffer.alloc(0));
      if (status !== 0 || named !== version) throw new Error(`expected an answer of ${version}, got ${status} ${text}`);
      hits.push(Buffer.from(outcomes[0] as Buffer));
    }
    answers.set(version, hits);
  }
  client.close();
  return answers;
}

/** Searches without a pause, alone, in batches and in streams, and compares each answer with that of the version it names. */
export class VerifiedLoad {
  readonly counts = { unary: 0, batch: 0, stream: 0 };
  /** Calls and queries that ended with an error, as text. */
  readonly failed: string[] = [];
  /** Answers that are not those of the version that they name. */
  readonly wrong: string[] = [];
  readonly #address: string;
  readonly #answers: Answers;
  readonly #unary: readonly Buffer[];
  readonly #batches: readonly { ids: readonly number[]; request: Buffer }[];
  readonly #streamed: readonly { ids: readonly number[]; frame: Buffer }[];
  readonly #clients: WireClient[] = [];
  /** Errors that count as refusals and not as failures, of calls and of single queries; the latter have the status 0. */
  readonly #mayRefuse: (reply: Reply) => boolean;
  refused = 0;

  constructor(
    address: string,
    queries: readonly Uint8Array[],
    answers: Answers,
    mayRefuse: (reply: Reply) => boolean = () => false,
  ) {
    this.#address = address;
    this.#answers = answers;
    this.#mayRefuse = mayRefuse;
    this.#unary = queries.map((query) => searchRequest(query, K));
    const groups = Array.from({ length: Math.floor(queries.length / GROUP) }, (_, group) =>
      Array.from({ length: GROUP }, (_, i) => group * GROUP + i),
    );
    const together = (ids: readonly number[]) => {
      const tensors = ids.map((id) => tensorOf(queries[id] as Uint8Array));
      const [first] = tensors as [(typeof tensors)[number]];
      const rowCounts = tensors.map(({ rows }) => rows);
      const rows = rowCounts.reduce((sum, count) => sum + count, 0);
      return { tokens: { ...first, rows, data: Buffer.concat(tensors.map(({ data }) => data)) }, rowCounts };
    };
    const params = { k: K };
    this.#batches = groups.map((ids) => ({
      ids,
      request: bytesOf(SearchBatchRequestSchema, { index: { index: INDEX }, queries: together(ids), params }),
    }));
    this.#streamed = groups.map((ids) => ({
      ids,
      frame: framed(
        bytesOf(SearchStreamRequestSchema, {
          index: { index: INDEX },
          params,
          queryIds: ids.map(BigInt),
          queries: together(ids),
        }),
      ),
    }));
  }

  /** Answers so far. */
  get answered(): number {
    const { unary, batch, stream } = this.counts;
    return unary + batch + stream;
  }

  /**
   * Searches until `done` says so, and then until what was asked is answered.
   * @param callers that search in each way
   */
  async run(done: () => boolean, callers: { unary: number; batch: number; stream: number }): Promise<void> {
    const running: Promise<void>[] = [];
    const client = this.#open();
    for (let i = 0; i < callers.unary; i++) running.push(this.#searchAlone(client, done, i));
    for (let i = 0; i < callers.batch; i++) running.push(this.#searchBatches(this.#open(), done));
    for (let i = 0; i < callers.stream; i++) running.push(this.#searchStream(this.#open(), done));
    await Promise.all(running);
    for (const each of this.#clients.splice(0)) each.close();
  }

  #open(): WireClient {
    const client = new WireClient(this.#address);
    this.#clients.push(client);
    return client;
  }

  async #searchAlone(client: WireClient, done: () => boolean, from: number): Promise<void> {
    for (let i = from; !done(); i++) {
      const id = i % this.#unary.length;
      const reply = await client.send(SEARCH, this.#unary[id] as Buffer);
      if (this.#ended("unary", reply)) this.#compare(reply.messages[0] as Buffer, [id], "unary");
    }
  }

  async #searchBatches(client: WireClient, done: () => boolean): Promise<void> {
    for (let i = 0; !done(); i++) {
      const { ids, request } = this.#batches[i % this.#batches.length] as { ids: number[]; request: Buffer };
      let got = 0;
      const onMessage = (message: Buffer) => {
        got += this.#compare(message, ids, "batch");
      };
      if (this.#ended("batch", await client.send(BATCH, request, { onMessage }))) {
        if (got !== ids.length) this.failed.push(`a batch of ${ids.length} queries has ${got} answers`);
      }
    }
  }

  async #searchStream(client: WireClient, done: () => boolean): Promise<void> {
    let [waiting, next] = [0, 0];
    const identity = Array.from({ length: this.#unary.length }, (_, id) => id);
    const { stream, reply } = client.open(STREAM, {
      onMessage: (message) => {
        waiting -= this.#compare(message, identity, "stream");
        send();
      },
    });
    const send = (): void => {
      while (waiting + GROUP <= WINDOW && !stream.writableEnded) {
        if (done()) {
          stream.end();
          return;
        }
        const { ids, frame } = this.#streamed[next++ % this.#streamed.length] as { ids: number[]; frame: Buffer };
        stream.write(frame);
        waiting += ids.length;
      }
    };
    send();
    const ended = this.#ended("stream", await reply);
    if (ended && waiting !== 0) this.failed.push(`a stream ended well with ${waiting} queries unanswered`);
  }

  /** Whether a call ended well; an error is noted. */
  #ended(shape: string, reply: Reply): boolean {
    if (reply.status === 0) return true;
    if (this.#mayRefuse(reply)) this.refused += 1;
    else this.failed.push(`${shape}: ${reply.status} ${reply.code} ${reply.text}`);
    return false;
  }

  /** Compares the answers of a message, and returns how many it holds. `ids` are the queries of the call, by the ids that it gave them. */
  #compare(message: Buffer, ids: readonly number[], shape: keyof VerifiedLoad["counts"]): number {
    const { version, outcomes } = split(message);
    const expected = this.#answers.get(version);
    for (const outcome of outcomes) {
      const { id, hits, error } = shape === "unary" ? { id: 0, hits: outcome, error: undefined } : outcomeOf(outcome);
      if (hits === undefined) {
        const { code, message } = fromBinary(ErrorDetailSchema, error ?? Buffer.alloc(0));
        const reply = { status: 0, text: message, code: ErrorCode[code] ?? "", messages: [], ms: 0 };
        if (this.#mayRefuse(reply)) this.refused += 1;
        else this.failed.push(`${shape}: query ${id} has the error ${reply.code} ${message}`);
        continue;
      }
      this.counts[shape] += 1;
      if (expected?.[ids[id] ?? -1]?.equals(hits) !== true) {
        const alone = expected?.[ids[id] ?? -1];
        const texts = [alone, hits].map((bytes) => (bytes === undefined ? "nothing" : textOf(bytes)));
        this.wrong.push(`${shape}: query ${ids[id]} of version ${version}: expected ${texts[0]}, got ${texts[1]}`);
      }
    }
    return outcomes.length;
  }
}

/** The version that a response names, and its hits or outcomes: fields 1 and 2 of all three responses. */
function split(message: Buffer): { version: string; outcomes: Buffer[] } {
  let version = "";
  const outcomes: Buffer[] = [];
  for (const { field, bytes } of partsOf(message)) {
    if (field === 2) outcomes.push(bytes);
    if (field === 1) for (const part of partsOf(bytes)) if (part.field === 2) version = part.bytes.toString("latin1");
  }
  return { version, outcomes };
}

function textOf(hits: Buffer): string {
  const { docIds, scores } = fromBinary(HitsSchema, hits);
  return `${docIds.join(" ")} with scores ${scores.join(" ")}`;
}

function outcomeOf(outcome: Buffer): { id: number; hits: Buffer | undefined; error: Buffer | undefined } {
  let id = 0;
  let hits: Buffer | undefined;
  let error: Buffer | undefined;
  for (const { field, bytes, value } of partsOf(outcome)) {
    if (field === 1) id = value;
    if (field === 2) hits = bytes;
    if (field === 3) error = bytes;
  }
  return { id, hits, error };
}
