import type { DescService } from "@bufbuild/protobuf";
import { AdminService, CatalogService, CollectionService, SearchService, TextSearchService } from "@maxsimd/proto";

/** What a token or certificate may be used for. One does not contain the other: an entry of the token file lists each that it has. */
export const SCOPES = ["search", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** Who may call a method: everybody, or callers with this scope. */
export type Rule = Scope | "open";

/**
 * The rule of every method that a server may serve, by its path. A server with a method that has no rule does not start.
 *
 * Health is open: orchestrators and load balancers probe without a token, and learn only whether the server and its services serve; of an
 * index only callers who may search learn that (transport/health.ts). Reflection is open:
 * it describes the published proto files and nothing of the data, and generic tools ask it before they send a token.
 */
export const RULES: ReadonlyMap<string, Rule> = new Map([
  ...rulesOf(SearchService, { search: "search", searchBatch: "search", searchStream: "search", whyNot: "search" }),
  ...rulesOf(TextSearchService, { searchText: "search" }),
  ...rulesOf(CatalogService, { listIndexes: "search", describe: "search" }),
  ...rulesOf(AdminService, { loadIndex: "admin", swapIndex: "admin", unloadIndex: "admin" }),
  ...rulesOf(CollectionService, {
    upsert: "admin",
    delete: "admin",
    compact: "admin",
    listVersions: "admin",
    rollback: "admin",
    removeVersions: "admin",
  }),
  ...["Check", "Watch", "List"].map((method) => open("grpc.health.v1.Health", method)),
  open("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo"),
  open("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo"),
]);

/** The rules of a service. A method that the table leaves out does not compile. */
function rulesOf<Service extends DescService>(
  service: Service,
  table: { readonly [Name in keyof Service["method"]]: Rule },
): [path: string, rule: Rule][] {
  return service.methods.map((method) => {
    const rule = table[method.localName as keyof Service["method"]];
    return [`/${service.typeName}/${method.name}`, rule];
  });
}

function open(service: string, method: string): [path: string, rule: Rule] {
  return [`/${service}/${method}`, "open"];
}
