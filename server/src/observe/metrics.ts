import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** Numbers that are read at each scrape. */
export interface MetricSources {
  readonly waiting: () => number;
  readonly running: () => number;
  readonly admitted: () => number;
  readonly workers: () => number;
  readonly intake: () => IntakeMetrics;
  readonly indexes: () => readonly IndexMetrics[];
}

/** What peers make the server hold. */
export interface IntakeMetrics {
  readonly connections: number;
  /** Calls from their headers to the end of their HTTP/2 stream. */
  readonly calls: number;
  /** Calls whose request message has not come whole. */
  readonly arriving: number;
  /** Reserved for request messages. */
  readonly messageBytes: number;
  /** Request messages that wait for memory. */
  readonly messagesWaiting: number;
}

export interface IndexMetrics {
  readonly index: string;
  readonly version: string;
  readonly digest: string;
  /** current, loaded or retiring. */
  readonly state: string;
  readonly bytes: number;
  readonly drift: readonly { readonly tier: string; readonly trained: number; readonly error: number }[];
  readonly inService: boolean;
}

/** From 0.1 ms, an idle server's answer, to the longest deadline. */
const SECONDS = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60];

/** The server's metrics, in Prometheus's format. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter;
  readonly #seconds: Histogram;
  readonly #inFlight: Gauge;
  readonly #taskQueries: Histogram;
  readonly #refused: Counter;
  readonly #connectionsRefused: Counter;
  readonly #reloads: Counter;
  readonly #outOfService: Counter;
  readonly #workersLost: Counter;

  constructor(sources: MetricSources) {
    const registers = [this.#registry];
    // Memory, CPU, event loop delay, open files.
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({
      name: "maxsimd_rpc_requests_total",
      help: "calls that have ended, by method and gRPC status code",
      labelNames: ["method", "code"],
      registers,
    });
    this.#seconds = new Histogram({
      name: "maxsimd_rpc_seconds",
      help: "time from a call's arrival to its status",
      labelNames: ["method"],
      buckets: SECONDS,
      registers,
    });
    this.#inFlight = new Gauge({
      name: "maxsimd_rpc_in_flight",
      help: "calls that have begun and not ended",
      labelNames: ["method"],
      registers,
    });
    this.#taskQueries = new Histogram({
      name: "maxsimd_task_queries",
      help: "queries handed to a worker together",
      buckets: [1, 2, 4, 8, 16],
      registers,
    });
    this.#refused = new Counter({
      name: "maxsimd_refused_calls_total",
      help: "calls refused by their headers, by reason: no token, unknown token, expired token, missing scope",
      labelNames: ["reason"],
      registers,
    });
    this.#connectionsRefused = new Counter({
      name: "maxsimd_refused_connections_total",
      help: "connections closed before their first call, by reason: connections, connectionsPerPeer, descriptors, handshake",
      labelNames: ["reason"],
      registers,
    });
    this.#reloads = new Counter({
      name: "maxsimd_reloads_total",
      help: "times that tokens or certificates were read again, by outcome: ok, failed",
      labelNames: ["what", "outcome"],
      registers,
    });
    for (const what of ["tokens", "certificates"]) {
      // From the start, so that the first failure is an increase.
      this.#reloads.inc({ what, outcome: "failed" }, 0);
    }
    this.#outOfService = new Counter({
      name: "maxsimd_index_out_of_service_total",
      help: "times that an open version went out of service because of its files",
      registers,
    });
    this.#workersLost = new Counter({
      name: "maxsimd_workers_lost_total",
      help: "worker threads that did not return from native code",
      registers,
    });
    gauge(registers, "maxsimd_workers", "worker threads that serve", sources.workers);
    gauge(registers, "maxsimd_queries_waiting", "queries that no worker has taken yet", sources.waiting);
    gauge(registers, "maxsimd_queries_running", "queries at a worker", sources.running);
    gauge(registers, "maxsimd_queries_admitted", "queries admitted and not yet answered", sources.admitted);
    const { intake } = sources;
    gauge(registers, "maxsimd_connections", "open connections", () => intake().connections);
    gauge(registers, "maxsimd_calls_open", "calls from their headers to the end of their stream", () => intake().calls);
    gauge(
      registers,
      "maxsimd_calls_arriving",
      "calls whose request message has not come whole",
      () => intake().arriving,
    );
    gauge(
      registers,
      "maxsimd_request_bytes_reserved",
      "memory reserved for request messages above a window",
      () => intake().messageBytes,
    );
    gauge(
      registers,
      "maxsimd_request_messages_waiting",
      "request messages that wait for memory",
      () => intake().messagesWaiting,
    );
    indexGauges(registers, sources.indexes);
  }

  started(method: string): void {
    this.#inFlight.inc({ method });
  }

  finished(method: string, code: number, seconds: number): void {
    this.#inFlight.dec({ method });
    this.#requests.inc({ method, code });
    this.#seconds.observe({ method }, seconds);
  }

  /** A call that ended before its request was whole. */
  endedArriving(method: string, code: number, seconds: number): void {
    this.#requests.inc({ method, code });
    this.#seconds.observe({ method }, seconds);
  }

  /** A call that was refused by its headers; an empty method is that of a path without one. */
  refused(method: string, code: number, reason: string): void {
    this.#requests.inc({ method: method === "" ? "unknown" : method, code });
    this.#refused.inc({ reason });
  }

  connectionRefused(reason: string): void {
    this.#connectionsRefused.inc({ reason });
  }

  /** Tokens or certificates were read again. */
  reloaded(what: string, good: boolean): void {
    this.#reloads.inc({ what, outcome: good ? "ok" : "failed" });
  }

  task(queries: number): void {
    this.#taskQueries.observe(queries);
  }

  /** A version went out of service. */
  outOfService(): void {
    this.#outOfService.inc();
  }

  workerLost(): void {
    this.#workersLost.inc();
  }

  /** The content type and text of a scrape. */
  async scrape(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}

function gauge(registers: Registry[], name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read());
    },
  });
}

function indexGauges(registers: Registry[], read: () => readonly IndexMetrics[]): void {
  new Gauge({
    name: "maxsimd_index_info",
    help: "1 for each open version of an index",
    labelNames: ["index", "version", "digest", "state"],
    registers,
    collect() {
      this.reset();
      for (const { index, version, digest, state } of read()) {
        this.set({ index, version, digest, state }, 1);
      }
    },
  });
  new Gauge({
    name: "maxsimd_index_bytes",
    help: "size of the file of each open version",
    labelNames: ["index", "version"],
    registers,
    collect() {
      this.reset();
      for (const { index, version, bytes } of read()) {
        this.set({ index, version }, bytes);
      }
    },
  });
  new Gauge({
    name: "maxsimd_index_drift",
    help: "mean squared distance of the tokens to their centroids, to that of the tokens the codec was trained with",
    labelNames: ["index", "version", "tier"],
    registers,
    collect() {
      this.reset();
      for (const { index, version, drift } of read()) {
        for (const { tier, trained, error } of drift) {
          this.set({ index, version, tier }, error / trained);
        }
      }
    },
  });
  new Gauge({
    name: "maxsimd_index_in_service",
    help: "1 for each open version that answers, 0 for one whose files are wrong or are being verified",
    labelNames: ["index", "version"],
    registers,
    collect() {
      this.reset();
      for (const { index, version, inService } of read()) {
        this.set({ index, version }, inService ? 1 : 0);
      }
    },
  });
}
