import { create } from "@bufbuild/protobuf";
import {
  type AdminService,
  LoadIndexResponseSchema,
  SwapIndexResponseSchema,
  UnloadIndexResponseSchema,
} from "@maxsimd/proto";
import type { Log } from "../observe/log.js";
import type { Handlers } from "./call-context.js";
import type { ServiceDeps } from "./service-deps.js";

/**
 * AdminService: changes what is served. A change that has begun runs to its end, even if the caller stops waiting for it. Each
 * change is one line of the log, also one that fails.
 */
export function adminHandlers({ catalog }: ServiceDeps, log: Log): Handlers<typeof AdminService> {
  return {
    loadIndex: ({ index, version }) =>
      logged(log, "load", { index, version }, async () => {
        const { version: loaded } = await catalog.load(index, version);
        return [create(LoadIndexResponseSchema, { indexVersion: loaded }), { digest: loaded.digest }];
      }),
    swapIndex: ({ index, version }) =>
      logged(log, "swap", { index, version }, async () => {
        const { current, previous } = await catalog.swap(index, version);
        const response = { indexVersion: current.version, previous: previous?.version };
        const done = { digest: current.version.digest, previous: previous?.label };
        return [create(SwapIndexResponseSchema, response), done];
      }),
    unloadIndex: ({ index, version }) =>
      logged(log, "unload", { index, version }, async () => {
        await catalog.unload(index, version);
        return [create(UnloadIndexResponseSchema), {}];
      }),
  };
}

/** Makes a change; `act` resolves to the response, and to what the log says of it. */
async function logged<Response>(
  log: Log,
  change: "load" | "swap" | "unload",
  subject: object,
  act: () => Promise<[response: Response, done: object]>,
): Promise<Response> {
  const started = performance.now();
  const since = (): number => Math.round(performance.now() - started);
  try {
    const [response, done] = await act();
    log.info({ ...subject, ...done, ms: since() }, `${change} done`);
    return response;
  } catch (error) {
    log.warn({ ...subject, ms: since(), err: error }, `${change} failed`);
    throw error;
  }
}
