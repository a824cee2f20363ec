import { create } from "@bufbuild/protobuf";
import { AdminService, LoadIndexRequestSchema, SwapIndexRequestSchema, UnloadIndexRequestSchema } from "@maxsimd/proto";
import { CollectionClient } from "./collection/collection-client.js";
import { Connection } from "./connection.js";
import { type CallOptions, type ConnectionOptions, DEFAULT_ADMIN_TIMEOUT_MS } from "./options.js";
import { wireMethod } from "./rpc/wire-method.js";
import { type IndexVersion, indexVersionOf } from "./search/results.js";

const LOAD_INDEX = wireMethod(AdminService.method.loadIndex);
const SWAP_INDEX = wireMethod(AdminService.method.swapIndex);
const UNLOAD_INDEX = wireMethod(AdminService.method.unloadIndex);

/** Result of a swap. */
export interface Swap {
  /** The version that is current now. */
  readonly current: IndexVersion;
  /** The version that was current before; undefined if there was none. */
  readonly previous: IndexVersion | undefined;
}

/**
 * Changes what a server serves, through its admin listener. Indexes and versions are given by name, never by path. No call is
 * repeated. If a connection broke during a call, `MaxsimClient.listIndexes` shows whether the call had its effect.
 */
export class AdminClient {
  readonly #connection: Connection;

  /** @param address of the admin listener: `host:port` or `unix:path` */
  constructor(address: string, options: ConnectionOptions = {}) {
    this.#connection = new Connection(address, options, DEFAULT_ADMIN_TIMEOUT_MS);
  }

  /** Opens, verifies and warms a version without making it current. Searches can then pin it. */
  async loadIndex(index: string, version: string, options?: CallOptions): Promise<IndexVersion> {
    const request = create(LoadIndexRequestSchema, { index, version });
    return indexVersionOf((await this.#connection.unary(LOAD_INDEX, request, options, false)).indexVersion);
  }

  /** Loads the version if it is not loaded, then makes it current in one step. */
  async swapIndex(index: string, version: string, options?: CallOptions): Promise<Swap> {
    const request = create(SwapIndexRequestSchema, { index, version });
    const { indexVersion, previous } = await this.#connection.unary(SWAP_INDEX, request, options, false);
    return {
      current: indexVersionOf(indexVersion),
      previous: previous === undefined ? undefined : indexVersionOf(previous),
    };
  }

  /** Unloads one version, which must not be the current one. Without a version it unloads the whole index. */
  async unloadIndex(index: string, version = "", options?: CallOptions): Promise<void> {
    await this.#connection.unary(UNLOAD_INDEX, create(UnloadIndexRequestSchema, { index, version }), options, false);
  }

  /** Changes the documents of an index. */
  collection(index: string): CollectionClient {
    return new CollectionClient(this.#connection, index);
  }

  /** Closes the connection once the pending calls have ended. */
  close(): void {
    this.#connection.close();
  }
}
