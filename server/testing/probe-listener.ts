/** A listener whose handlers are the test's: the transport as it is, without engine and index. */
import { SearchService } from "@maxsimd/proto";
import type { Access } from "../src/access/access.js";
import { type Address, formatAddress } from "../src/config/address.js";
import { type Limits, limitsSchema, MAX_TIMER_MS } from "../src/config/limits.js";
import type { TlsMaterial } from "../src/config/read-tls.js";
import type { Handlers } from "../src/services/call-context.js";
import type { AdminCall, RpcObserver } from "../src/transport/call-scope.js";
import type { RefusedConnection } from "../src/transport/connections.js";
import type { Refusal } from "../src/transport/guard.js";
import { Intake } from "../src/transport/intake.js";
import { Listener } from "../src/transport/listener.js";
import { served } from "../src/transport/served-service.js";

export interface Probe {
  readonly listener: Listener;
  readonly intake: Intake;
  readonly address: string;
  /** Calls that have ended, as reported to the observer. */
  readonly finished: { method: string; code: number }[];
  /** Resolves at the next end of a call. */
  readonly nextFinish: () => Promise<void>;
  /** Causes of defects that were reported for the log. */
  readonly failures: unknown[];
  /** Calls that were refused by their headers. */
  readonly refusals: Refusal[];
  readonly audits: AdminCall[];
  readonly refusedConnections: RefusedConnection[];
}

/** What handlers a test gives; a method without one is never called by it. */
export type ProbeHandlers = Partial<Handlers<typeof SearchService>>;

/** How a probe listens, where that matters. */
export interface ProbeOptions {
  readonly tls?: TlsMaterial;
  readonly descriptors?: ConstructorParameters<typeof Intake>[1];
  readonly address?: Address;
}

const LOOPBACK: Address = { kind: "tcp", host: "127.0.0.1", port: 0 };

export async function startProbe(
  handlers: ProbeHandlers,
  limits: Partial<Limits> = {},
  access?: Access,
  { tls, descriptors, address = LOOPBACK }: ProbeOptions = {},
): Promise<Probe> {
  const finished: Probe["finished"] = [];
  const failures: unknown[] = [];
  const refusals: Refusal[] = [];
  const audits: AdminCall[] = [];
  const refusedConnections: RefusedConnection[] = [];
  let onFinish: () => void = () => undefined;
  const nextFinish = (): Promise<void> =>
    new Promise((resolve) => {
      onFinish = resolve;
    });
  const observer: RpcObserver = {
    started: () => undefined,
    finished: (method, code) => {
      finished.push({ method, code });
      onFinish();
    },
    failed: (_method, _peer, cause) => failures.push(cause),
    endedArriving: (method, code) => {
      finished.push({ method, code });
      onFinish();
    },
    refused: (refusal) => refusals.push(refusal),
    connectionRefused: (refused) => refusedConnections.push(refused),
    audited: (call) => audits.push(call),
  };
  const all = limitsSchema.parse(limits);
  const unary = { defaultMs: all.deadlineMs, mostMs: all.maxDeadlineMs };
  const bidi = { defaultMs: Number.POSITIVE_INFINITY, mostMs: MAX_TIMER_MS };
  const service = served(SearchService, handlers as Handlers<typeof SearchService>, { unary, bidi });
  const intake = new Intake(all, descriptors);
  const listener = new Listener({ limits: all, observer, intake, tls, access, services: [service] });
  const port = await listener.bind(address);
  listener.setServing(true);
  return {
    listener,
    intake,
    address: formatAddress(address.kind === "tcp" ? { ...address, port } : address),
    finished,
    nextFinish,
    failures,
    refusals,
    audits,
    refusedConnections,
  };
}
