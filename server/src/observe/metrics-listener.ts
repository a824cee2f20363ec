import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./metrics.js";

export interface MetricsListenerOptions {
  readonly metrics: Metrics;
  /** Whether /healthz says 200. */
  readonly isServing: () => boolean;
}

/** HTTP for scrapers and probes: GET /metrics and GET /healthz. */
export class MetricsListener {
  readonly #server: Server;

  constructor(options: MetricsListenerOptions) {
    this.#server = createServer((request, response) => {
      void answer(options, request, response);
    });
  }

  /** Resolves to the port, which port 0 leaves to the system. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

async function answer(
  options: MetricsListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.url === "/metrics") {
    const { contentType, text } = await options.metrics.scrape();
    response.writeHead(200, { "content-type": contentType }).end(text);
  } else if (request.url === "/healthz") {
    const serving = options.isServing();
    response
      .writeHead(serving ? 200 : 503, { "content-type": "text/plain" })
      .end(serving ? "serving\n" : "not serving\n");
  } else {
    response.writeHead(404, { "content-type": "text/plain" }).end("GET /metrics or /healthz\n");
  }
}
