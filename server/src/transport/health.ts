import {
  status as GrpcCode,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { ErrorCode, SearchService } from "@maxsimd/proto";
import { service as definition } from "grpc-health-check";
import type { Access } from "../access/access.js";
import { ServiceError } from "../errors/service-error.js";
import { refusalOf } from "./guard.js";
import { toStatus } from "./status.js";

/** The service that every listener adds to its own. */
export const HEALTH_SERVICE = "grpc.health.v1.Health";
/** What stands before the name of an index where health is asked for it. */
const INDEX_PREFIX = `${SearchService.typeName}/`;

type ServingStatus = "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";
interface Request {
  readonly service: string;
}
interface Response {
  readonly status: ServingStatus;
}
type Watch = ServerWritableStream<Request, Response>;

/**
 * The standard health service, for the server as a whole (the empty name), its services, and its indexes
 * (`maxsimd.v1.SearchService/<index>`).
 *
 * Everybody may ask for the server and its services. With access control, an index is a matter of callers who may search: others get the same
 * error whether there is such an index or not, and a watch ends when its token does. So the service of grpc-health-check is not used: it
 * knows nothing of callers, lists every name, and keeps each name that was ever watched.
 */
export class Health {
  readonly #access: Access | undefined;
  readonly #services = new Map<string, ServingStatus>();
  readonly #indexes = new Map<string, ServingStatus>();
  /** What each open watch said last. */
  readonly #watches = new Map<Watch, ServingStatus>();

  /** @param services the names that everybody may ask for; all are NOT_SERVING at first */
  constructor(services: readonly string[], access: Access | undefined) {
    this.#access = access;
    this.setServices(services, false);
    access?.onChange(() => this.#endDisallowed());
  }

  addToServer(server: Server): void {
    const methods = {
      check: (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) => this.#check(call, done),
      watch: (call: Watch) => this.#watch(call),
      list: (_: unknown, done: sendUnaryData<{ statuses: Record<string, Response> }>) => {
        const named = [...this.#services].map(([name, status]) => [name, { status }]);
        done(null, { statuses: Object.fromEntries(named) });
      },
    };
    server.addService(definition, methods as UntypedServiceImplementation);
  }

  /** What health says from now on of the server and its services, by these names. */
  setServices(names: Iterable<string>, serving: boolean): void {
    for (const name of names) {
      this.#services.set(name, statusOf(serving));
    }
    this.#tellWatches();
  }

  /** What health says from now on of indexes: for each that is loaded, whether it answers. One that was served and is not loaded does not. */
  setIndexes(serving: ReadonlyMap<string, boolean>): void {
    for (const name of this.#indexes.keys()) {
      this.#indexes.set(name, "NOT_SERVING");
    }
    for (const [index, answers] of serving) {
      this.#indexes.set(INDEX_PREFIX + index, statusOf(answers));
    }
    this.#tellWatches();
  }

  #check(call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>): void {
    const { service } = call.request;
    const refusal = this.#refusal(call, service);
    const status = this.#statusOf(service);
    if (refusal !== undefined) {
      done(toStatus(refusal));
    } else if (status !== undefined) {
      done(null, { status });
    } else if (service.startsWith(INDEX_PREFIX)) {
      done(toStatus(unknownIndex(service.slice(INDEX_PREFIX.length))));
    } else {
      done({ code: GrpcCode.NOT_FOUND, details: "no service of this name is served; expected one that List returns" });
    }
  }

  #watch(call: Watch): void {
    const refusal = this.#refusal(call, call.request.service);
    if (refusal !== undefined) {
      call.emit("error", toStatus(refusal));
      return;
    }
    call.on("cancelled", () => this.#watches.delete(call));
    this.#tell(call);
  }

  #tellWatches(): void {
    for (const call of this.#watches.keys()) {
      this.#tell(call);
    }
  }

  #tell(call: Watch): void {
    const status = this.#statusOf(call.request.service) ?? "SERVICE_UNKNOWN";
    if (this.#watches.get(call) !== status) {
      this.#watches.set(call, status);
      call.write({ status });
    }
  }

  #endDisallowed(): void {
    for (const call of this.#watches.keys()) {
      const refusal = this.#refusal(call, call.request.service);
      if (refusal !== undefined) {
        this.#watches.delete(call);
        call.emit("error", toStatus(refusal));
      }
    }
  }

  #statusOf(name: string): ServingStatus | undefined {
    return this.#services.get(name) ?? this.#indexes.get(name);
  }

  /** Why a caller may not ask for a name; undefined if it may. */
  #refusal(call: object, name: string): ServiceError | undefined {
    const isOpen = this.#access === undefined || !name.startsWith(INDEX_PREFIX);
    return isOpen ? undefined : refusalOf(call, this.#access as Access, "search");
  }
}

function statusOf(serving: boolean): ServingStatus {
  return serving ? "SERVING" : "NOT_SERVING";
}

function unknownIndex(index: string): ServiceError {
  return new ServiceError(ErrorCode.UNKNOWN_INDEX, "no index of this name has been served", {
    field: "service",
    expected: `${INDEX_PREFIX} and the name of an index`,
    got: index,
  });
}
