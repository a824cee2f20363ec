import type { Reply, WireClient } from "./wire-client.js";

/** A request that was due at a moment, and how it ended. */
export interface Sample extends Reply {
  /** Milliseconds from when it was due, whenever it could be sent, to its end. */
  readonly fromDueMs: number;
  /** The number that `sendOne` was given. */
  readonly number: number;
}

export interface OpenLoop {
  /** Arrivals a second, on average. */
  readonly rate: number;
  readonly seconds: number;
  readonly random: () => number;
  readonly clients: readonly WireClient[];
  readonly sendOne: (client: WireClient, number: number) => Promise<Reply>;
}

/**
 * Sends requests at random moments, whether or not earlier ones were answered (a Poisson process). A request that is due while the sender is
 * busy is sent late, and its time counts from when it was due.
 */
export async function openLoop({ rate, seconds, random, clients, sendOne }: OpenLoop): Promise<Sample[]> {
  const began = performance.now();
  const samples: Promise<Sample>[] = [];
  let due = began;
  const next = (): void => {
    due += (-Math.log(1 - random()) / rate) * 1000;
  };
  next();
  while (due < began + seconds * 1000) {
    for (const now = performance.now(); due <= now && due < began + seconds * 1000; next()) {
      const number = samples.length;
      const client = clients[number % clients.length] as WireClient;
      const from = due;
      samples.push(
        sendOne(client, number).then((reply) => ({ ...reply, number, fromDueMs: performance.now() - from })),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.min(due - performance.now(), 1))));
  }
  return Promise.all(samples);
}

/** Requests answered a second while so many callers ask without a pause. */
export async function closedLoop(
  callers: number,
  seconds: number,
  sendOne: (caller: number) => Promise<Reply>,
): Promise<number> {
  const began = performance.now();
  let answered = 0;
  const ask = async (caller: number): Promise<void> => {
    while (performance.now() < began + seconds * 1000) if ((await sendOne(caller)).status === 0) answered += 1;
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => ask(caller)));
  return (answered * 1000) / (performance.now() - began);
}
