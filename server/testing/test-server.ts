/** A server on a small index, and a plain client of each listener. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Dtype, type TokenTensorSchema } from "@maxsimd/proto";
import type { ServerConfigInput } from "../src/config/server-config.js";
import { type OpenEncoder, type RunningServer, start } from "../src/start.js";
import { RawClient } from "./raw-client.js";
import { buildSample, queryBytes, type SampleShape, SMALL, temporaryFolder } from "./sample-index.js";

export interface TestServer {
  readonly server: RunningServer;
  /** Of the data listener. */
  readonly client: RawClient;
  /** Of the admin listener. */
  readonly admin: RawClient;
  /** The catalog directory. */
  readonly root: string;
  /** Drains the server and removes its folder. */
  readonly stop: () => Promise<void>;
}

/**
 * Serves a catalog with one index, `books`, whose versions have these shapes; the first is current.
 * @param config beside that.
 * @param openEncoder opens the encoder that the configuration names
 */
export async function serveCatalog(
  versions: Readonly<Record<string, Partial<SampleShape>>>,
  config: Partial<ServerConfigInput> = {},
  openEncoder?: OpenEncoder,
): Promise<TestServer> {
  const folder = await temporaryFolder();
  const root = join(folder.path, "catalog");
  await mkdir(join(root, "books"), { recursive: true });
  for (const [label, shape] of Object.entries(versions)) {
    await buildSample(join(root, "books", `${label}.maxsim`), shape);
  }
  const [current] = Object.keys(versions);
  if (current !== undefined) {
    await writeFile(join(root, "books", "current"), `${current}\n`);
  }
  const settings = { data: root, port: 0, admin: "127.0.0.1:0", log: { level: "silent" } as const, ...config };
  const server = await start(settings, openEncoder);
  const client = new RawClient(server.dataAddress);
  const admin = new RawClient(server.adminAddress as string);
  const stop = async (): Promise<void> => {
    client.close();
    admin.close();
    await server.drain();
    await folder.remove();
  };
  return { server, client, admin, root, stop };
}

/** A query of some rows for the small index, as the wire has it. */
export function tensor(rows: number, seed: number, dim = SMALL.dim): MessageInitShape<typeof TokenTensorSchema> {
  return { dtype: Dtype.F32, dim, rows, data: queryBytes(rows, dim, seed) };
}
