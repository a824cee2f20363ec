/** A listener whose handlers are the test's: the transport as it is, without engine and index. */
import { SearchService } from "@maxsimd/proto";
import type { Access } from "../src/access/access.js";
import { type Limits, limitsSchema, MAX_TIMER_MS } from "../src/config/limits.js";
import type { Handlers } from "../src/services/call-context.js";
import type { AdminCall, RpcObserver } from "../src/transport/call-scope.js";
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
}

/** What handlers a test gives; a method without one is never called by it. */
export type ProbeHandlers = Partial<Handlers<typeof SearchService>>;

export async function startProbe(
  handlers: ProbeHandlers,
  limits: Partial<Limits> = {},
  access?: Access,
): Promise<Probe> {
  const finished: Probe["finished"] = [];
  const failures: unknown[] = [];
  const refusals: Refusal[] = [];
  const audits: AdminCall[] = [];
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
    audited: (call) => audits.push(call),
  };
  const all = limitsSchema.parse(limits);
  const unary = { defaultMs: all.deadlineMs, mostMs: all.maxDeadlineMs };
  const bidi = { defaultMs: Number.POSITIVE_INFINITY, mostMs: MAX_TIMER_MS };
  const service = served(SearchService, handlers as Handlers<typeof SearchService>, { unary, bidi });
  const intake = new Intake(all);
  const listener = new Listener({ limits: all, observer, intake, tls: undefined, access, services: [service] });
  const port = await listener.bind("127.0.0.1:0");
  listener.setServing(true);
  return { listener, intake, address: `127.0.0.1:${port}`, finished, nextFinish, failures, refusals, audits };
}
