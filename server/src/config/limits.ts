import { z } from "zod";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Timers hold int32 milliseconds; more wraps to a negative number and fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Limits that cannot be set, each with its reason.
 */
export const FIXED = {
  /** Most queries in one task. The hop to a worker costs 75 to 115 µs whatever it carries: at 16, 5 to 7 µs per query. */
  taskQueries: 16,
  /** Work in one task, in microseconds: enough to amortise the hop, and short enough to wait for. */
  taskMicros: 2000,
  /** Estimated work in one task of several queries, in microseconds. The estimate is an upper bound, and so above `taskMicros`. */
  taskEstimatedMicros: 8000,
  /** A search is stopped when it has taken this many times `searchMs`: on a machine as slow as that, an estimate still holds. */
  searchOverrun: 4,
  /** Most bytes in one task, unless one query alone is larger: what is copied while the event loop waits. */
  taskBytes: MIB,
  /** Questions why a document is missing that are answered at once. Each keeps one of the four threads of libuv's pool, which also open
   *  indexes. */
  whyNots: 2,
  /** Taken for the time of a query before one was measured, in microseconds: a server that has just started refuses little. */
  firstGuessMicros: 1000,
  /** Weight of the newest measurement in the estimate of that time, which so reflects about the last 20. */
  smoothing: 0.05,
  /** The JavaScript heap of a worker: it holds one task at a time, and the queries lie outside of it. */
  workerHeap: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 },
  /** Lost workers that are replaced. Each keeps its memory, and a core if its native code runs in a loop: with more, the machine needs
   *  somebody to look at it. */
  replacedWorkers: 4,
  /** Time that the worker threads, and a merge, have to end when the server stops, in milliseconds. They were cancelled before. */
  closeMs: 200,
  /** How often a server looks whether another process has made other versions current, in milliseconds: one small file per index. */
  followMs: 1000,
  /** Sets of parameters whose service time is remembered: a client that varies them forever must not fill the memory. */
  rememberedParams: 256,
  /** Share of what the workers can begin within queueMs that batches and streams may take together. */
  bulkShare: 0.5,
  /** Messages that grpc-js reads ahead of a stream's handler. Its own 16 would be 64 MiB of the largest messages. */
  readAheadMessages: 1,
  /** File descriptors that connections leave for index files, reloads and scrapes; a quarter of all, if that is less. */
  reservedDescriptors: 64,
  /** Messages of at most so many bytes need no memory reserved: HTTP/2's window, which a peer may send in any case. */
  freeMessageBytes: 64 * KIB,
  /** The `retry_after_ms` of a call that is refused because as many are open as may be, in milliseconds. */
  busyRetryMs: 1000,
  /** Bytes of responses that may wait for a stream's peer. grpc-js counts 16 messages, whatever their size; two of 64 KiB
   *  keep a connection busy. */
  unflushedBytes: 128 * KIB,
  /** Levels of lists and objects in stored fields that can be sent. Each takes three levels of messages, of which peers read 100. */
  fieldDepth: 30,
  /** Bytes of a response message beside its hits: the version, whose texts have at most 190 bytes, times, ids of queries and tags. */
  envelopeBytes: 512,
  /** The `retry_after_ms` of SHUTTING_DOWN, in milliseconds: a restart takes about that long. */
  shutdownRetryMs: 1000,
  /** Time for the last frames to leave when a listener closes, in milliseconds. */
  flushMs: 100,
} as const;

/** A whole number within bounds. */
export const whole = (least: number, most: number): z.ZodNumber => z.number().int().min(least).max(most);
const milliseconds = whole(1, MAX_TIMER_MS);

/**
 * Every limit of the server, with the reason for its default. All can be set in the file, under `limits`.
 * Limits of the query itself (tokens, dim, k) are of the wire's contract, see the proto.
 */
export const limitsSchema = z.strictObject({
  /** Bytes of a request message, also after decompression. 500 f16 queries of 32 tokens × 128 dims; the default of
   *  gRPC itself, so that intermediaries let it pass too. */
  requestBytes: whole(KIB, 64 * MIB).default(4 * MIB),
  /** Bytes of any response message. k = 10,000 with ids of 16 bytes takes about 280 KB; ids and stored fields can take more, and such
   *  an answer is refused. */
  responseBytes: whole(64 * KIB, 64 * MIB).default(MIB),
  /** Bytes that outcomes are packed up to on a stream: one HTTP/2 window, so a slow reader holds a few of them at most. */
  streamMessageBytes: whole(KIB, MIB).default(64 * KIB),
  /** Calls at once on one connection. grpc-js has no limit of its own; 100 is HTTP/2's advice. */
  concurrentStreams: whole(1, 10_000).default(100),
  /** Connections at once. An idle one takes about 30 KB. */
  connections: whole(1, 1_000_000).default(1024),
  /** The same from one peer: a quarter, so that four are needed to take all. A process with gRPC has one connection to a server as a rule, and
   *  no machine has 256 of them. */
  connectionsPerPeer: whole(1, 1_000_000).default(256),
  /** A connection whose TLS handshake and HTTP/2 preface have not come after this is closed. They take a few round trips. */
  handshakeMs: milliseconds.default(10_000),
  /** Calls open at once, from their headers to the end of their HTTP/2 stream. 1,000 streams whose peers read nothing take about 100 MiB. */
  calls: whole(1, 1_000_000).default(8192),
  /** The same for one peer: a quarter, so that four are needed to take all. */
  callsPerPeer: whole(1, 1_000_000).default(2048),
  /** Bytes of request messages above a window (64 KiB) in memory at once, from when their length is known until their call has ended, or a
   *  stream reads its next. Messages that find no room wait, and their senders with them. 32 of the largest messages. */
  messageBytes: whole(KIB, 64 * 1024 * MIB).default(128 * MIB),
  /** The same for one peer: 8 of the largest messages. */
  messageBytesPerPeer: whole(KIB, 64 * 1024 * MIB).default(32 * MIB),
  /** The same for one connection: 4 of the largest messages keep 10 Gbit/s busy. */
  messageBytesPerConnection: whole(KIB, 64 * 1024 * MIB).default(16 * MIB),
  /** A request message that has begun must be whole after so long, and the request of a call that has one so long after its headers; without
   *  the time that it waits for room. 4 MiB in 10 s are 3.4 Mbit/s. */
  messageMs: milliseconds.default(10_000),
  /** Bytes of a request's headers. The usual ones take about 500. */
  headerListBytes: whole(KIB, MIB).default(16 * KIB),
  /** A connection is pinged after this long without traffic, and closed if no answer comes within the timeout. */
  keepaliveMs: milliseconds.default(30_000),
  keepaliveTimeoutMs: milliseconds.default(10_000),
  /** A connection's age at which clients are asked to open another, so that load spreads over new replicas. */
  connectionAgeMs: milliseconds.default(30 * 60_000),
  /** How long the calls of such a connection may still take. */
  connectionAgeGraceMs: milliseconds.default(30_000),
  /** A connection without calls is closed after this. */
  connectionIdleMs: milliseconds.default(5 * 60_000),
  /** Token vectors of one query: a long passage; the engine's scratch memory grows with it. */
  queryTokens: whole(1, 1024).default(1024),
  /** Bytes of a question in words, as UTF-8: 256 word pieces are about 1 KiB. The tokenizer reads all of it. */
  textBytes: whole(1, MIB).default(16 * KIB),
  /** Questions that are encoded, or wait for it: one takes 5 to 20 ms. Another one is refused. */
  texts: whole(1, 10_000).default(32),
  /** Queries of one request or stream message. */
  batchQueries: whole(1, 65_536).default(1024),
  /** Results of one query. */
  k: whole(1, 10_000).default(10_000),
  /** `k_centroids`, `k_docs_to_score` and `ef_search` of one query: a worker's scratch memory grows with them. No query that was measured
   *  finds more with as many, on collections of up to 60,000 documents. Values beyond what an index has count as all that it has. */
  kCentroids: whole(20, 10_000_000).default(10_000),
  kDocsToScore: whole(500, 10_000_000).default(100_000),
  efSearch: whole(30, 10_000_000).default(20_000),
  /** Milliseconds that one query may keep a worker, by an estimate from its rows, its parameters and the size of the index
   *  (services/search-cost.ts): others wait behind it. 1,024 rows with the default parameters over 60,000 documents are estimated at 120,
   *  32 rows at 4. What the estimate cannot know, such as a filter that few documents match, ends when it has taken four times this. */
  searchMs: milliseconds.default(250),
  /** Milliseconds that the search for a missing document may take: it runs searches that are larger than what was asked. */
  whyNotMs: milliseconds.default(10_000),
  /** Results of one query that are explained. A worker cannot be stopped while it explains; 1,000 documents of 67 tokens and a query
   *  of 32 take it about 15 ms, as long as the search itself. */
  explainK: whole(1, 10_000).default(1_000),
  /** Conditions of one filter. Each may visit every document, in a worker that cannot be stopped there: about 10 ms per million. */
  filterConditions: whole(1, 100_000).default(1_000),
  /** Values and ids of one filter: a list that an application keeps for a user. Each is a search in a sorted column. */
  filterValues: whole(1, 1_000_000).default(10_000),
  /** Levels of one filter. Two levels of messages each, of which protobuf reads 100; people write five. */
  filterDepth: whole(1, 40).default(32),
  /** Documents of one upsert: they are in memory until the last has come. */
  upsertDocuments: whole(1, 10_000_000).default(100_000),
  /** Bytes of token vectors of one upsert, as f16: 15,000 documents of 67 tokens of 128 dimensions take 257 MB. */
  upsertBytes: whole(KIB, 64 * 1024 * MIB).default(256 * MIB),
  /** Token vectors of one document: a long chapter. */
  documentTokens: whole(1, 1_000_000).default(16_384),
  /** Bytes of one document's fields in JSON. Each hit may return them. */
  documentFieldsBytes: whole(KIB, 16 * MIB).default(64 * KIB),
  /** Versions that changes made and that upkeep leaves in the catalog, to go back to; 0 for all. Their files hold what was changed, and a
   *  removal reads each of them. */
  keptVersions: whole(0, 1_000_000).default(100),
  /** Names of stored fields that a request selects; with more, it can select all. */
  fieldNames: whole(1, 10_000).default(256),
  /** Deadline of a call that sets none, and of one query of a stream from when the server reads it. */
  deadlineMs: milliseconds.default(10_000),
  /** Longest deadline of a unary or batch call; a longer one is shortened to it. A stream may last as long as it likes. */
  maxDeadlineMs: milliseconds.default(60_000),
  /** The same for calls on the admin listener: opening an index reads every byte of it once. */
  adminDeadlineMs: milliseconds.default(10 * 60_000),
  maxAdminDeadlineMs: milliseconds.default(60 * 60_000),
  /** A stream whose client reads nothing for this long is ended. */
  stallMs: milliseconds.default(30_000),
  /** A worker that has not returned so long after its search was cancelled is lost, and replaced. A search stops within milliseconds,
   *  but not while it evaluates a filter: 1,000 conditions over a million documents take 10 s. */
  workerLostMs: milliseconds.default(10_000),
  /** A query that would wait longer is refused. The cores are busy by then, so a longer queue would only add latency. */
  queueMs: milliseconds.default(50),
  /** How often the files of open versions are looked at, whether they were written to in place; 0 is never. Each task of a worker looks,
   *  too, so this only says how soon health and the log know of it. A look takes about 1 µs a file. */
  fileCheckMs: whole(0, MAX_TIMER_MS).default(1000),
  /** A version whose file was written to, or touched, is verified at once. Its queries wait this long for that, and are refused
   *  after it. Two cores verify 2 GB a second that are in memory. */
  fileHoldMs: milliseconds.default(1000),
  /** Bytes of memory that the process may take besides pages of files; 0 is what the machine has, or what its cgroup allows. An index whose
   *  searches would take more is not opened: 12 bytes for each document and each centroid, for each worker. */
  memoryBytes: whole(0, 2 ** 50).default(0),
  /** How often every byte of the open versions is verified in the background; 0 is never. A disk or a memory that changes bytes by itself
   *  is not noticed otherwise. A day. */
  verifyEveryMs: whole(0, MAX_TIMER_MS).default(24 * 60 * 60_000),
  /** Bytes a second that this reads: less than 1 % of a core, and less than any disk gives. 1 TB takes 18 hours. */
  verifyBytesPerSecond: whole(MIB, 64 * 1024 * MIB).default(16 * MIB),
  /** Queries of one batch or stream that are in the server at once: enough to fill every worker's next task. */
  streamQueries: whole(1, 65_536).default(64),
  /** Bytes of queries that one batch or stream may have in the server at once: 64 of 16 KiB. */
  streamRequestBytes: whole(KIB, 64 * MIB).default(MIB),
  /** Bytes of results that one batch or stream may have unread, as positions and scores; bounds streamQueries where k is large. Ids
   *  and stored fields are looked up when a message is packed, and so are in memory for one message. */
  streamResultBytes: whole(KIB, 64 * MIB).default(128 * KIB),
});

export type Limits = z.infer<typeof limitsSchema>;
