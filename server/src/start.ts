import { createRequire } from "node:module";
import { setTimeout as delay } from "node:timers/promises";
import { VersionState } from "@maxsimd/proto";
import { Admission } from "./admission/admission.js";
import { Catalog } from "./catalog/catalog.js";
import type { CatalogSource } from "./catalog/catalog-source.js";
import { DirectorySource } from "./catalog/directory-source.js";
import { FileSource } from "./catalog/file-source.js";
import { followCatalog } from "./catalog/follow-catalog.js";
import { type Address, formatAddress, isLocal, parseAddress, parseHost } from "./config/address.js";
import { FIXED } from "./config/limits.js";
import { anonymousMemory, descriptorLimit, openDescriptors } from "./config/process-files.js";
import { checkConfig, type ServerConfig, type ServerConfigInput } from "./config/server-config.js";
import { clearSocketFile, restrictSocketFile, SOCKET_MODE } from "./config/socket-file.js";
import { Engine } from "./engine/engine.js";
import { MemoryRoom } from "./engine/memory-room.js";
import type { EngineIndex } from "./engine/query.js";
import { trimMemory } from "./engine/trim.js";
import type { ServiceError } from "./errors/service-error.js";
import { StartError } from "./errors/start-error.js";
import { Descriptors } from "./observe/descriptors.js";
import { LimitedLog } from "./observe/limited-log.js";
import { type Log, openLog } from "./observe/log.js";
import type { MetricSources, Metrics } from "./observe/metrics.js";
import { watchOpenFiles } from "./observe/open-files.js";
import { ReturnMemory } from "./observe/return-memory.js";
import { Reload } from "./reload.js";
import type { QueryEncoder } from "./services/search-text.js";
import type { ServiceDeps } from "./services/service-deps.js";
import { Upkeep } from "./services/upkeep.js";
import type { RpcObserver } from "./transport/call-scope.js";
import { routeGrpcLog } from "./transport/grpc-log.js";
import { Intake } from "./transport/intake.js";
import { Listener } from "./transport/listener.js";
import { adminServices, dataServices } from "./transport/services.js";

/** Version of this package, whose package.json is one folder up, from the sources and from what is built. */
const SERVER_VERSION = (createRequire(import.meta.url)("../package.json") as { version: string }).version;

/** A server that answers. */
export interface RunningServer {
  /** Port of the data listener, as bound; 0 for a Unix socket. */
  readonly dataPort: number;
  /** `host:port` or `unix:path` of the data listener, for clients. */
  readonly dataAddress: string;
  /** Of the admin listener, `host:port` or `unix:path`; undefined if it is off. */
  readonly adminAddress: string | undefined;
  /** `host:port` of the metrics listener; undefined if it is off. */
  readonly metricsAddress: string | undefined;
  /** Version of this server. */
  readonly version: string;
  /**
   * Stops: refuses new calls, answers what was accepted, ends what is left after the grace, closes everything. Resolves
   * when all is closed, within the grace and one second; more calls return the same promise. A worker thread that native code keeps is left
   * behind, and lets `process.exit` wait; see runServer.
   */
  drain(): Promise<void>;
  /** Reads the token file and the certificates again. What cannot be used changes nothing, and the log says why. Never rejects. */
  reload(): Promise<void>;
}

/** Opens the encoder in a folder. Rejects with a sentence that says what is wrong with it. */
export type OpenEncoder = (folder: string) => Promise<QueryEncoder>;

/** What the parts of a server share. */
interface Parts {
  readonly config: ServerConfig;
  readonly log: Log;
  readonly deps: ServiceDeps;
  readonly upkeep: Upkeep | undefined;
  readonly encoder: QueryEncoder | undefined;
  readonly metrics: Metrics | undefined;
  readonly observer: RpcObserver;
  readonly intake: Intake;
  readonly reload: Reload;
  /** What ends the watches: over open files, and over what other processes do with the catalog. */
  readonly unwatch: (() => void)[];
  readonly state: ServerState;
}

/** What decides whether the server serves. */
interface ServerState {
  draining: boolean;
  /** Called when a worker is lost or comes back. */
  onWorkers: () => void;
}

interface OpenListener {
  close(): Promise<void>;
}

/** What listens. The metrics' listener is closed last, so that probes see that the server drains. */
interface OpenListeners {
  readonly calls: OpenListener[];
  readonly metrics: OpenListener[];
}

/**
 * Starts a server. Resolves when it listens, and every index that the source names has been opened or has failed, which the
 * log says. Throws StartError for settings that cannot be used, files that cannot be read, an index file that does not open
 * and addresses that cannot be listened on; the log has the cause.
 */
export async function start(input: ServerConfigInput, openEncoder?: OpenEncoder): Promise<RunningServer> {
  const config = checkConfig(input);
  const log = openLog(config.log);
  routeGrpcLog(log);
  const listeners: OpenListeners = { calls: [], metrics: [] };
  let parts: Parts | undefined;
  try {
    const source = await openSource(config, log);
    const encoder = await encoderOf(config, openEncoder);
    parts = await makeParts(config, log, source, encoder).catch(async (error: unknown) => {
      await encoder?.close();
      throw error;
    });
    const data = await startData(parts, source, listeners.calls);
    const admin = await startAdmin(parts, listeners.calls);
    const metrics = await startMetrics(parts, listeners.metrics);
    const { workers } = config;
    warnOfOpenDoors(config, log);
    log.info({ data, admin, metrics, workers, source: source.description, version: SERVER_VERSION }, "serving");
    const address = parseAddress(data);
    let drained: Promise<void> | undefined;
    return {
      dataPort: address?.kind === "tcp" ? address.port : 0,
      dataAddress: data,
      adminAddress: admin,
      metricsAddress: metrics,
      version: SERVER_VERSION,
      drain: () => {
        drained ??= stop(log, listeners, parts);
        return drained;
      },
      reload: () => (parts as Parts).reload.all(),
    };
  } catch (error) {
    const failure = StartError.from("the server", error);
    log.error({ err: failure }, "not started");
    await stop(log, listeners, parts);
    throw failure;
  }
}

async function openSource(config: ServerConfig, log: Log): Promise<CatalogSource> {
  if (config.index !== undefined) {
    return FileSource.open(config.index, config.name);
  }
  const onLink = (entry: string): void => {
    const advice = "symbolic links in a catalog are not followed; serve the directory that holds the real ones";
    log.warn({ entry, advice }, "link passed over");
  };
  return DirectorySource.open(config.data as string, onLink);
}

/** The encoder that the configuration names; undefined if it names none. */
async function encoderOf({ encoder }: ServerConfig, open: OpenEncoder | undefined): Promise<QueryEncoder | undefined> {
  if (encoder === undefined) {
    return undefined;
  }
  if (open === undefined) {
    throw StartError.configuration(`encoder: expected the command maxsimd serve, which opens encoders, got ${encoder}`);
  }
  try {
    return await open(encoder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? StartError.from("the encoder", error) : new StartError(code, (error as Error).message);
  }
}

async function makeParts(
  config: ServerConfig,
  log: Log,
  source: CatalogSource,
  encoder: QueryEncoder | undefined,
): Promise<Parts> {
  const { workers, limits } = config;
  const state: ServerState = { draining: false, onWorkers: () => undefined };
  const reload = await Reload.open(config, log);
  const engine: Engine = new Engine({
    workers,
    files: limits,
    room: new MemoryRoom(limits.memoryBytes, anonymousMemory),
    onService: (opened, cause) => serviceChanged(catalog, opened, cause, log, metrics),
    onTask: ({ queries }) => metrics?.task(queries),
    onError: (error) => log.error({ err: error }, "a worker thread failed"),
    workerLostMs: limits.workerLostMs,
    taskMostMs: limits.searchMs * FIXED.searchOverrun,
    whyNotMs: limits.whyNotMs,
    onWorker: ({ kind, serving, lost }) => {
      if (kind === "lost") {
        metrics?.workerLost();
        log.error({ serving, lost }, "a worker thread does not return from a search that was stopped");
      } else {
        log.warn({ serving, lost }, "a worker thread that was lost has returned");
      }
      state.onWorkers();
    },
  });
  const admission = new Admission({
    queueMs: limits.queueMs,
    workers,
    serviceMicros: () => engine.serviceTime.micros,
    turnsBefore: () => engine.turnsBeforeSingle,
  });
  const descriptors = new Descriptors({
    limit: descriptorLimit(),
    reserved: FIXED.reservedDescriptors,
    count: openDescriptors,
  });
  const intake = new Intake(limits, descriptors);
  const catalog = new Catalog<EngineIndex>(source, (path) => engine.open(path));
  const metrics =
    config.metrics === undefined ? undefined : await openMetrics(metricSources(engine, admission, catalog, intake));
  const observer: RpcObserver = {
    started: (method) => metrics?.started(method),
    finished: (method, code, seconds) => metrics?.finished(method, code, seconds),
    endedArriving: (method, code, seconds) => metrics?.endedArriving(method, code, seconds),
    failed: (method, peer, cause) => log.error({ method, peer, err: cause }, "a call failed"),
    refused: ({ grpcCode, ...refusal }) => {
      metrics?.refused(refusal.method, grpcCode, refusal.reason);
      refusals.write(refusal);
    },
    connectionRefused: (refused) => {
      metrics?.connectionRefused(refused.reason);
      refusedConnections.write(refused);
    },
    audited: (call) => log.info(call, "admin call"),
  };
  const refusals = new LimitedLog((refusal, leftOut) => log.warn({ ...refusal, leftOut }, "call refused"));
  const refusedConnections = new LimitedLog((refused, leftOut) =>
    log.warn({ ...refused, leftOut }, "connection refused"),
  );
  reload.onReload = (what, good) => metrics?.reloaded(what, good);
  const memory = new ReturnMemory({ calls: () => intake.state.calls, used: anonymousMemory, trim: trimMemory });
  const unwatch = [watchOpenFiles(log), () => descriptors.close(), () => memory.close()];
  const upkeep = config.upkeep === "on" ? new Upkeep(catalog, log, limits.keptVersions) : undefined;
  const deps = { catalog, engine, admission, limits, upkeep };
  return { config, log, deps, upkeep, encoder, metrics, observer, intake, reload, unwatch, state };
}

/** Says once what everybody may do who reaches a listener. */
function warnOfOpenDoors({ host, port, tls, tokens, admin }: ServerConfig, log: Log): void {
  if (tokens !== undefined) {
    return;
  }
  if (!isLocal(parseHost(host, port)) && tls?.clientCa === undefined) {
    log.warn({ advice: "give a token file with --tokens" }, "whoever reaches the data listener may search");
  }
  if (admin !== undefined && parseAddress(admin)?.kind === "tcp") {
    const advice = "put the admin listener on a socket file (--admin unix:/path), or give a token file with --tokens";
    log.warn({ advice }, "every user of this machine may change what is served");
  }
}

/** Says in the log, in the metrics and in health that a version went out of service, or came back. */
function serviceChanged(
  catalog: Catalog<EngineIndex>,
  opened: EngineIndex,
  cause: ServiceError | undefined,
  log: Log,
  metrics: Metrics | undefined,
): void {
  for (const { index, versions } of catalog.list()) {
    for (const { label: version, opened: other } of versions.filter((handle) => handle.opened === opened)) {
      const { digest, path } = other;
      if (cause === undefined) {
        log.info({ index, version, digest, path }, "index in service again: its files were verified");
      } else {
        log.error({ index, version, digest, path, err: cause }, "index out of service");
      }
    }
  }
  if (cause !== undefined) {
    metrics?.outOfService();
  }
  catalog.serviceChanged();
}

/** Loads the metrics library, which a server without metrics does not need. */
async function openMetrics(sources: MetricSources): Promise<Metrics> {
  const { Metrics } = await import("./observe/metrics.js");
  return new Metrics(sources);
}

function metricSources(
  engine: Engine,
  admission: Admission,
  catalog: Catalog<EngineIndex>,
  intake: Intake,
): MetricSources {
  return {
    intake: () => intake.state,
    waiting: () => engine.waiting,
    running: () => engine.running,
    admitted: () => admission.pending,
    workers: () => engine.workers,
    indexes: () =>
      catalog.list().flatMap(({ index, versions }) =>
        versions.map(({ label, opened, state }) => ({
          index,
          version: label,
          digest: opened.digest,
          state: (VersionState[state] ?? "").toLowerCase(),
          bytes: opened.bytes,
          drift: opened.drift,
          inService: opened.inService,
        })),
      ),
  };
}

/** Opens what the source names, then listens for searches. */
async function startData(parts: Parts, source: CatalogSource, opened: OpenListener[]): Promise<string> {
  const { config, deps, encoder, observer, intake, reload, state } = parts;
  const listener = new Listener({
    limits: config.limits,
    observer,
    intake,
    tls: reload.tls,
    access: reload.access,
    services: dataServices(deps, SERVER_VERSION, encoder),
  });
  reload.onCertificates((tls) => listener.replaceCertificates(tls));
  const tell = (): void => listener.setServing(isServing(parts), deps.catalog.serving());
  deps.catalog.onChange = tell;
  state.onWorkers = tell;
  await openIndexes(parts, source);
  const address = parseHost(config.host, config.port) as Address;
  return listen("the data listener", listener, address, SOCKET_MODE.group, parts, opened);
}

/** Opens what the source names. In a catalog, one index that fails leaves the others served; the only file must open. */
async function openIndexes({ config, log, deps, unwatch }: Parts, source: CatalogSource): Promise<void> {
  await deps.catalog.openCurrents((index, version, error) => {
    if (config.index !== undefined) {
      throw StartError.from(config.index, error);
    }
    log.error({ index, version, err: error }, "index not opened");
  });
  for (const { index, versions } of deps.catalog.list()) {
    for (const { label, opened } of versions) {
      const { digest, documents, tokens, dim, bytes } = opened;
      log.info({ index, version: label, digest, documents, tokens, dim, bytes }, "index loaded");
    }
  }
  if (config.data !== undefined) {
    unwatch.push(followCatalog(deps.catalog, FIXED.followMs, log));
  }
  if (!deps.catalog.isServing) {
    log.warn({ source: source.description }, "no index to serve yet");
  }
}

async function startAdmin(parts: Parts, opened: OpenListener[]): Promise<string | undefined> {
  const { config, deps, log, observer, intake, reload } = parts;
  if (config.admin === undefined) {
    return undefined;
  }
  const address = parseAddress(config.admin) as Address;
  const listener = new Listener({
    limits: config.limits,
    observer,
    intake,
    // The configuration allows an address on the network only with TLS and a token file.
    tls: isLocal(address) ? undefined : reload.tls,
    access: reload.access,
    services: adminServices(deps, log),
  });
  reload.onCertificates((tls) => listener.replaceCertificates(tls));
  const bound = await listen("the admin listener", listener, address, SOCKET_MODE.owner, parts, opened);
  listener.setServing(true);
  return bound;
}

/** Listens at the address; resolves to the address as bound. */
async function listen(
  subject: string,
  listener: Listener,
  address: Address,
  socketMode: number,
  { config }: Parts,
  opened: OpenListener[],
): Promise<string> {
  try {
    if (address.kind === "unix") {
      await clearSocketFile(address.path);
    }
    const port = await listener.bind(address);
    opened.push({ close: () => listener.drain(config.drainGraceMs) });
    if (address.kind === "tcp") {
      return formatAddress({ ...address, port });
    }
    await restrictSocketFile(address.path, socketMode);
    return formatAddress(address);
  } catch (error) {
    throw StartError.from(`${subject} at ${formatAddress(address)}`, error);
  }
}

/** Whether searches are answered: for health and /healthz. */
function isServing({ deps, state }: Parts): boolean {
  return !state.draining && deps.catalog.isServing && deps.engine.workers > 0;
}

async function startMetrics(parts: Parts, opened: OpenListener[]): Promise<string | undefined> {
  const { config, metrics } = parts;
  const address = config.metrics === undefined ? undefined : parseAddress(config.metrics);
  if (address?.kind !== "tcp" || metrics === undefined) {
    return undefined;
  }
  const { MetricsListener } = await import("./observe/metrics-listener.js");
  const listener = new MetricsListener({ metrics, isServing: () => isServing(parts) });
  try {
    const port = await listener.listen(address.host, address.port);
    opened.push(listener);
    return formatAddress({ ...address, port });
  } catch (error) {
    throw StartError.from(`the metrics listener at ${formatAddress(address)}`, error);
  }
}

/** Closes the listeners, then the parts that they use. */
async function stop(log: Log, { calls, metrics }: OpenListeners, parts: Parts | undefined): Promise<void> {
  log.info("draining");
  if (parts !== undefined) {
    parts.state.draining = true;
  }
  for (const unwatch of parts?.unwatch ?? []) {
    unwatch();
  }
  parts?.reload.close();
  for (const group of [calls, metrics]) {
    await Promise.all(group.map((listener) => listener.close()));
  }
  // A merge ends without effect, at the next place where it looks.
  await Promise.race([parts?.upkeep?.close(), delay(FIXED.closeMs)]);
  await parts?.encoder?.close();
  parts?.deps.catalog.close();
  await parts?.deps.engine.close();
  log.info("stopped");
}
