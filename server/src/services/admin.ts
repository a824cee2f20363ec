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
 * Each change is one line of the log, also one that fails.
 */
export class Admin {
  readonly #deps: ServiceDeps;
  readonly #log: Log;

  constructor(deps: ServiceDeps, log: Log) {
    this.#deps = deps;
    this.#log = log;
  }

  load({ index, version }: LoadIndexRequest): Promise<LoadIndexResponse> {
    return this.#change("load", index, version, async () => {
      const handle = await this.#deps.catalog.load(index, version);
      const response = create(LoadIndexResponseSchema, { indexVersion: handle.version });
      return { response, done: { digest: handle.version.digest } };
    });
  }

  swap({ index, version }: SwapIndexRequest): Promise<SwapIndexResponse> {
    return this.#change("swap", index, version, async () => {
      const { current, previous } = await this.#deps.catalog.swap(index, version);
      const response = create(SwapIndexResponseSchema, { indexVersion: current.version });
      if (previous !== undefined) {
        response.previous = previous.version;
      }
      return { response, done: { digest: current.version.digest, previous: previous?.label } };
    });
  }

  unload({ index, version }: UnloadIndexRequest): Promise<UnloadIndexResponse> {
    return this.#change("unload", index, version, async () => {
      await this.#deps.catalog.unload(index, version);
      return { response: create(UnloadIndexResponseSchema), done: {} };
    });
  }

  async #change<Response>(
    change: "load" | "swap" | "unload",
    index: string,
    version: string,
    act: () => Promise<{ response: Response; done: Readonly<Record<string, unknown>> }>,
  ): Promise<Response> {
    const started = performance.now();
    const since = (): number => Math.round(performance.now() - started);
    try {
      const { response, done } = await act();
      this.#log.info({ index, version, ...done, ms: since() }, `${change} done`);
      return response;
    } catch (error) {
      this.#log.warn({ index, version, ms: since(), err: error }, `${change} failed`);
      throw error;
    }
  }
}
