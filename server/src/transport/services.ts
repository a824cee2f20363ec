import { AdminService, CatalogService, SearchService } from "@maxsimd/proto";
import type { Limits } from "../config/limits.js";
import { MAX_TIMER_MS } from "../config/limits.js";
import type { Log } from "../observe/log.js";
import { Admin } from "../services/admin.js";
import { describe } from "../services/describe.js";
import { listIndexes } from "../services/list-indexes.js";
import { search } from "../services/search.js";
import { searchBatch } from "../services/search-batch.js";
import { searchStream } from "../services/search-stream.js";
import type { ServiceDeps } from "../services/service-deps.js";
import type { CallPort } from "./call-scope.js";
import { type ServableService, type ServiceDeadlines, servableService } from "./service-definition.js";

/** Services of the public listener, by full name. */
export function dataServices(
  port: CallPort,
  deps: ServiceDeps,
  serverVersion: string,
): ReadonlyMap<string, ServableService> {
  const deadlines = dataDeadlines(deps.limits);
  return new Map([
    [
      SearchService.typeName,
      servableService(
        port,
        SearchService,
        {
          search: (request, context) => search(deps, request, context),
          searchBatch: (request, context) => searchBatch(deps, request, context),
          searchStream: (requests, context) => searchStream(deps, requests, context),
        },
        deadlines,
      ),
    ],
    [
      CatalogService.typeName,
      servableService(
        port,
        CatalogService,
        {
          listIndexes: () => listIndexes(deps),
          describe: (request) => describe(deps, serverVersion, request),
        },
        deadlines,
      ),
    ],
  ]);
}

/** Services of the admin listener, by full name. */
export function adminServices(port: CallPort, deps: ServiceDeps, log: Log): ReadonlyMap<string, ServableService> {
  const admin = new Admin(deps, log);
  const { adminDeadlineMs: defaultMs, maxAdminDeadlineMs: mostMs } = deps.limits;
  return new Map([
    [
      AdminService.typeName,
      servableService(
        port,
        AdminService,
        {
          loadIndex: (request) => admin.load(request),
          swapIndex: (request) => admin.swap(request),
          unloadIndex: (request) => admin.unload(request),
        },
        { unary: { defaultMs, mostMs }, bidi: { defaultMs, mostMs } },
      ),
    ],
  ]);
}

/** A stream has no deadline of its own: millions of queries may go through one. Each of its queries has. */
function dataDeadlines(limits: Limits): ServiceDeadlines {
  return {
    unary: { defaultMs: limits.deadlineMs, mostMs: limits.maxDeadlineMs },
    bidi: { defaultMs: Number.POSITIVE_INFINITY, mostMs: MAX_TIMER_MS },
  };
}
