import { AdminService, CatalogService, CollectionService, SearchService, TextSearchService } from "@maxsimd/proto";
import { MAX_TIMER_MS } from "../config/limits.js";
import type { Log } from "../observe/log.js";
import { adminHandlers } from "../services/admin.js";
import { collectionHandlers } from "../services/collection.js";
import { describe } from "../services/describe.js";
import { listIndexes } from "../services/list-indexes.js";
import { search } from "../services/search.js";
import { searchBatch } from "../services/search-batch.js";
import { searchStream } from "../services/search-stream.js";
import { type QueryEncoder, TextSearch } from "../services/search-text.js";
import type { ServiceDeps } from "../services/service-deps.js";
import { whyNot } from "../services/why-not.js";
import { type ServedService, served } from "./served-service.js";

/** Services of the public listener; that of questions in words only with an encoder. */
export function dataServices(
  deps: ServiceDeps,
  serverVersion: string,
  encoder: QueryEncoder | undefined,
): readonly ServedService[] {
  const { deadlineMs, maxDeadlineMs } = deps.limits;
  const deadlines = {
    unary: { defaultMs: deadlineMs, mostMs: maxDeadlineMs },
    // A stream has no deadline of its own: millions of queries may go through one. Each of its queries has.
    bidi: { defaultMs: Number.POSITIVE_INFINITY, mostMs: MAX_TIMER_MS },
  };
  const searching = served(
    SearchService,
    {
      search: (request, context) => search(deps, request, context),
      searchBatch: (request, context) => searchBatch(deps, request, context),
      searchStream: (requests, context) => searchStream(deps, requests, context),
      whyNot: (request, context) => whyNot(deps, request, context),
    },
    deadlines,
  );
  const catalog = served(
    CatalogService,
    {
      listIndexes: () => listIndexes(deps),
      describe: (request) => describe(deps, serverVersion, request),
    },
    deadlines,
  );
  if (encoder === undefined) {
    return [searching, catalog];
  }
  const texts = new TextSearch(deps, encoder);
  const inWords = served(
    TextSearchService,
    { searchText: (request, context) => texts.search(request, context) },
    deadlines,
  );
  return [searching, inWords, catalog];
}

/** Services of the admin listener. */
export function adminServices(deps: ServiceDeps, log: Log): readonly ServedService[] {
  const policy = { defaultMs: deps.limits.adminDeadlineMs, mostMs: deps.limits.maxAdminDeadlineMs };
  const deadlines = { unary: policy, bidi: policy };
  return [
    served(AdminService, adminHandlers(deps, log), deadlines),
    served(CollectionService, collectionHandlers(deps, log), deadlines),
  ];
}
