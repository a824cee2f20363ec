import { create } from "@bufbuild/protobuf";
import {
  type AdminService,
  LoadIndexResponseSchema,
  SwapIndexResponseSchema,
  UnloadIndexResponseSchema,
} from "@maxsimd/proto";
import type { Log } from "../observe/log.js";
import type { Handlers } from "./call-context.js";
import { loggedChange } from "./logged-change.js";
import type { ServiceDeps } from "./service-deps.js";

/**
 * AdminService: changes what is served. A change that has begun runs to its end, even if the caller stops waiting for it. Each
 * change is one line of the log, also one that fails.
 */
export function adminHandlers({ catalog }: ServiceDeps, log: Log): Handlers<typeof AdminService> {
  return {
    loadIndex: ({ index, version }) =>
      loggedChange(log, "load", { index, version }, async () => {
        const { version: loaded } = await catalog.load(index, version);
        return [create(LoadIndexResponseSchema, { indexVersion: loaded }), { digest: loaded.digest }];
      }),
    swapIndex: ({ index, version }) =>
      loggedChange(log, "swap", { index, version }, async () => {
        const { current, previous } = await catalog.swap(index, version);
        const response = { indexVersion: current.version, previous: previous?.version };
        const done = { digest: current.version.digest, previous: previous?.label };
        return [create(SwapIndexResponseSchema, response), done];
      }),
    unloadIndex: ({ index, version }) =>
      loggedChange(log, "unload", { index, version }, async () => {
        await catalog.unload(index, version);
        return [create(UnloadIndexResponseSchema), {}];
      }),
  };
}
