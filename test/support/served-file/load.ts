import {
  type Answer,
  type Hits,
  MaxsimClient,
  type MaxsimErrorCode,
  MaxsimRpcError,
  type Outcome,
  type TokenMatrix,
} from "@maxsimd/client";

/** Parameters of every search of the load. */
const PARAMS = { k: 5, kCentroids: 8, fields: "all" as const };

/** What an answer says, without the label of its version, which differs from trial to trial. */
function textOf(hits: Hits, digest: string): string {
  const explained = hits.explanations.map(({ similarities }) => [...similarities]);
  return JSON.stringify([digest, [...hits.docIds], [...hits.scores], hits.ids, hits.fields, explained]);
}

/** How a query ended: with an answer, as text, or an error. */
export type Ended = { text: string } | { code: MaxsimErrorCode; message: string };

/** Where the reports of a load go. */
export interface LoadListener {
  /** Called before a query is sent; returns what is called when it has ended. Queries of the same name have the same answer. */
  begin(name: string): (ended: Ended) => void;
}

/** Asks a server without a pause in every way that a client can: single queries, explained ones, batches, a stream, and why-not. */
export class Load {
  readonly #client: MaxsimClient;
  readonly #queries: readonly TokenMatrix[];
  readonly #listener: LoadListener;
  readonly #running: Promise<void>[];
  #stopped = false;

  constructor(address: string, queries: readonly TokenMatrix[], listener: LoadListener) {
    this.#client = new MaxsimClient(address, { maxAttempts: 1 });
    this.#queries = queries;
    this.#listener = listener;
    this.#running = [
      this.#single(false),
      this.#single(false),
      this.#single(true),
      this.#batches(),
      this.#stream(),
      this.#whyNot(),
    ];
  }

  /** Ends it when what was asked is answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
    this.#client.close();
  }

  async #single(explain: boolean): Promise<void> {
    await this.#each((query, i) =>
      this.#ask(`${explain ? "explain" : "search"} ${i}`, async () => {
        return answerText(await this.#client.search(query, { ...PARAMS, explain }));
      }),
    );
  }

  async #whyNot(): Promise<void> {
    await this.#each((query, i) =>
      this.#ask(`why not ${i}`, async () => {
        const { indexVersion, ...why } = await this.#client.whyNot(query, "doc 7", { k: 5, kCentroids: 8 });
        return JSON.stringify([indexVersion.digest, why]);
      }),
    );
  }

  async #batches(): Promise<void> {
    while (!this.#stopped) {
      const ends = this.#queries.map((_, i) => this.#listener.begin(`search ${i}`));
      try {
        for await (const outcome of this.#client.searchBatch(this.#queries, PARAMS)) {
          ends[outcome.id]?.(endOf(outcome));
          delete ends[outcome.id];
        }
      } catch (thrown) {
        for (const end of ends) end?.(thrown as MaxsimRpcError);
      }
    }
  }

  /** A stream for as long as the load runs; another one if it fails. */
  async #stream(): Promise<void> {
    const begin = (name: string) => this.#listener.begin(name);
    const queries = this.#queries;
    const stopped = () => this.#stopped;
    while (!stopped()) {
      const ends = new Map<number, ReturnType<LoadListener["begin"]>>();
      const source = function* () {
        for (let id = 0; !stopped(); id++) {
          const i = id % queries.length;
          ends.set(id, begin(`search ${i}`));
          yield { id, query: queries[i] as TokenMatrix };
        }
      };
      try {
        for await (const outcome of this.#client.searchStream(source(), { params: PARAMS })) {
          ends.get(outcome.id)?.(endOf(outcome));
          ends.delete(outcome.id);
        }
      } catch (thrown) {
        for (const end of ends.values()) end(thrown as MaxsimRpcError);
      }
    }
  }

  async #each(ask: (query: TokenMatrix, i: number) => Promise<void>): Promise<void> {
    for (let at = 0; !this.#stopped; at++) {
      const i = at % this.#queries.length;
      await ask(this.#queries[i] as TokenMatrix, i);
    }
  }

  async #ask(name: string, call: () => Promise<string>): Promise<void> {
    const end = this.#listener.begin(name);
    try {
      end({ text: await call() });
    } catch (thrown) {
      if (!(thrown instanceof MaxsimRpcError)) throw thrown;
      end(thrown);
    }
  }
}

function answerText(answer: Answer): string {
  return textOf(answer, answer.indexVersion.digest);
}

function endOf(outcome: Outcome): Ended {
  return outcome.error === undefined ? { text: textOf(outcome, outcome.indexVersion.digest) } : outcome.error;
}
