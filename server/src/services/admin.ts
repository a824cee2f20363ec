import { create } from "@bufbuild/protobuf";
import {
  type LoadIndexRequest,
  type LoadIndexResponse,
  LoadIndexResponseSchema,
  type SwapIndexRequest,
  type SwapIndexResponse,
  SwapIndexResponseSchema,
  type UnloadIndexRequest,
  type UnloadIndexResponse,
  UnloadIndexResponseSchema,
} from "@maxsimd/proto";
import type { Log } from "../observe/log.js";
import type { ServiceDeps } from "./service-deps.js";

/**
 * AdminService: changes what is served. What has begun runs to its end, also when the caller stops waiting for it.
 * Each change is one line of the log.
 */
export class Admin {
  readonly #deps: ServiceDeps;
  readonly #log: Log;

  constructor(deps: ServiceDeps, log: Log) {
    this.#deps = deps;
    this.#log = log;
  }

  async load({ index, version }: LoadIndexRequest): Promise<LoadIndexResponse> {
    const started = performance.now();
    const handle = await this.#deps.catalog.load(index, version);
    this.#log.info({ index, version, digest: handle.version.digest, ms: since(started) }, "index loaded");
    return create(LoadIndexResponseSchema, { indexVersion: handle.version });
  }

  async swap({ index, version }: SwapIndexRequest): Promise<SwapIndexResponse> {
    const started = performance.now();
    const { current, previous } = await this.#deps.catalog.swap(index, version);
    const { digest } = current.version;
    this.#log.info({ index, version, digest, previous: previous?.label, ms: since(started) }, "index swapped");
    const response = create(SwapIndexResponseSchema, { indexVersion: current.version });
    if (previous !== undefined) {
      response.previous = previous.version;
    }
    return response;
  }

  async unload({ index, version }: UnloadIndexRequest): Promise<UnloadIndexResponse> {
    await this.#deps.catalog.unload(index, version);
    this.#log.info({ index, version }, "index unloaded");
    return create(UnloadIndexResponseSchema);
  }
}

function since(started: number): number {
  return Math.round(performance.now() - started);
}
