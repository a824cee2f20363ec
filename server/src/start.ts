import { VersionState } from "@maxsimd/proto";
import { Admission } from "./admission/admission.js";
import { Catalog } from "./catalog/catalog.js";
import type { CatalogSource } from "./catalog/catalog-source.js";
import { DirectorySource } from "./catalog/directory-source.js";
import { FileSource } from "./catalog/file-source.js";
import { formatAddress, parseAddress } from "./config/address.js";
import { checkConfig } from "./config/check-config.js";
import { readTls } from "./config/read-tls.js";
import type { ServerConfig, ServerConfigInput } from "./config/server-config.js";
import { clearSocketFile, restrictSocketFile } from "./config/socket-file.js";
import { Engine } from "./engine/engine.js";
import type { EngineIndex } from "./engine/engine-index.js";
import { toServiceError } from "./errors/to-service-error.js";
import { type Log, openLog } from "./observe/log.js";
import type { MetricSources, Metrics } from "./observe/metrics.js";
import type { RpcObserver } from "./observe/rpc-observer.js";
import { SERVER_VERSION } from "./observe/server-version.js";
import type { ServiceDeps } from "./services/service-deps.js";
import { serverCredentials } from "./transport/credentials.js";
import { Listener } from "./transport/listener.js";
import { adminServices, dataServices } from "./transport/services.js";

/** A server that answers. */
export interface RunningServer {
  /** Port of the data listener, as bound. */
  readonly dataPort: number;
  /** `host:port` of the data listener, for clients. */
  readonly dataAddress: string;
  /** Of the admin listener, `host:port` or `unix:path`; undefined when it is off. */
  readonly adminAddress: string | undefined;
  /** `host:port` of the metrics listener; undefined when it is off. */
  readonly metricsAddress: string | undefined;
  /** Version of this server. */
  readonly version: string;
  /**
   * Stops: refuses new calls, answers what was accepted, ends what is left after the grace, closes everything. Resolves
   * when all is closed; more calls return the same promise.
   */
  drain(): Promise<void>;
}

/** What the parts of a server share. */
interface Parts {
  readonly config: ServerConfig;
  readonly log: Log;
  readonly deps: ServiceDeps;
  readonly metrics: Metrics | undefined;
  readonly observer: RpcObserver;
}

/**
 * Starts a server. Resolves when it listens and every index that the source names was opened or has failed, which the log
 * says. Throws ConfigError for settings that cannot be used, and Error when an address is taken or the one index file does
 * not open.
 */
export async function start(input: ServerConfigInput): Promise<RunningServer> {
  const config = checkConfig(input);
  const log = openLog(config.log);
  const source = await openSource(config);
  const parts = await makeParts(config, log, source);
  const { catalog } = parts.deps;
  const opened: (() => Promise<void>)[] = [];
  try {
    const data = new Listener({
      limits: config.limits,
      observer: parts.observer,
      credentials: serverCredentials(await readTls(config.tls)),
      services: (port) => dataServices(port, parts.deps, SERVER_VERSION),
    });
    catalog.onChange = () => data.setServing(catalog.isServing);
    await openIndexes(parts, source);
    const dataPort = await data.bind(formatAddress(config.host, config.port));
    opened.push(() => data.drain(config.drainGraceMs));
    const admin = await startAdmin(parts);
    opened.push(admin.close);
    const metrics = await startMetrics(parts);
    opened.push(metrics.close);
    const dataAddress = formatAddress(config.host, dataPort);
    const { workers } = config;
    log.info(
      {
        data: dataAddress,
        admin: admin.address,
        metrics: metrics.address,
        workers,
        source: source.description,
        version: SERVER_VERSION,
      },
      "serving",
    );
    let drained: Promise<void> | undefined;
    return {
      dataPort,
      dataAddress,
      adminAddress: admin.address,
      metricsAddress: metrics.address,
      version: SERVER_VERSION,
      drain: () => {
        drained ??= stop(parts, opened);
        return drained;
      },
    };
  } catch (error) {
    await stop(parts, opened);
    throw error;
  }
}

async function openSource(config: ServerConfig): Promise<CatalogSource> {
  if (config.index !== undefined) {
    return FileSource.open(config.index, config.name);
  }
  return DirectorySource.open(config.data as string);
}

async function makeParts(config: ServerConfig, log: Log, source: CatalogSource): Promise<Parts> {
  const { workers, limits } = config;
  const admission = new Admission({ queueMs: limits.queueMs, queueMin: limits.queueMin, workers });
  const engine = new Engine({
    workers,
    onTask: ({ queries, wallMicros }) => {
      admission.observe(queries, wallMicros);
      metrics?.task(queries);
    },
    onError: (error) => log.error({ err: error }, "a worker thread failed"),
  });
  const catalog = new Catalog<EngineIndex>(source, (path) => engine.open(path));
  const metrics =
    config.metrics === undefined ? undefined : await openMetrics(metricSources(engine, admission, catalog));
  const observer: RpcObserver = {
    started: (method) => metrics?.started(method),
    finished: (method, code, seconds) => metrics?.finished(method, code, seconds),
    failed: (method, peer, cause) => log.error({ method, peer, err: cause }, "a call failed"),
  };
  return { config, log, deps: { catalog, engine, admission, limits }, metrics, observer };
}

/** The metrics' library is loaded by a server that has metrics. */
async function openMetrics(sources: MetricSources): Promise<Metrics> {
  const { Metrics } = await import("./observe/metrics.js");
  return new Metrics(sources);
}

function metricSources(engine: Engine, admission: Admission, catalog: Catalog<EngineIndex>): MetricSources {
  return {
    waiting: () => engine.waiting,
    running: () => engine.running,
    admitted: () => admission.pending,
    indexes: () =>
      catalog.list().flatMap(({ index, versions }) =>
        versions.map(({ label, opened, state }) => ({
          index,
          version: label,
          digest: opened.digest,
          state: (VersionState[state] ?? "").toLowerCase(),
          bytes: opened.bytes,
        })),
      ),
  };
}

/** Opens what the source names. In a catalog one that fails leaves the others served; the only file must open. */
async function openIndexes({ config, log, deps }: Parts, source: CatalogSource): Promise<void> {
  await deps.catalog.openCurrents((index, version, error) => {
    if (config.index !== undefined) {
      const { message, expected, got, cause } = toServiceError(error);
      const found = expected === "" ? "" : `: expected ${expected}, got ${got}`;
      throw new Error(`${config.index}: ${message}${found}`, { cause: cause ?? error });
    }
    log.error({ index, version, err: error }, "index not opened");
  });
  for (const { index, versions } of deps.catalog.list()) {
    for (const { label, opened } of versions) {
      const { digest, documents, tokens, dim, bytes } = opened;
      log.info({ index, version: label, digest, documents, tokens, dim, bytes }, "index loaded");
    }
  }
  if (!deps.catalog.isServing) {
    log.warn({ source: source.description }, "no index to serve yet");
  }
}

/** A part that may be off. */
interface OptionalListener {
  readonly address: string | undefined;
  readonly close: () => Promise<void>;
}

const OFF: OptionalListener = { address: undefined, close: () => Promise.resolve() };

async function startAdmin({ config, deps, log, observer }: Parts): Promise<OptionalListener> {
  if (config.admin === undefined) {
    return OFF;
  }
  const listener = new Listener({
    limits: config.limits,
    observer,
    // Loopback or a socket file only, which the configuration makes sure of.
    credentials: serverCredentials(undefined),
    services: (port) => adminServices(port, deps, log),
  });
  const address = parseAddress(config.admin);
  if (address?.kind === "unix") {
    await clearSocketFile(address.path);
  }
  const port = await listener.bind(config.admin);
  if (address?.kind === "unix") {
    await restrictSocketFile(address.path);
  }
  listener.setServing(true);
  return {
    address: address?.kind === "tcp" ? formatAddress(address.host, port) : config.admin,
    close: () => listener.drain(config.drainGraceMs),
  };
}

async function startMetrics({ config, metrics, deps }: Parts): Promise<OptionalListener> {
  const address = config.metrics === undefined ? undefined : parseAddress(config.metrics);
  if (address?.kind !== "tcp" || metrics === undefined) {
    return OFF;
  }
  const { MetricsListener } = await import("./observe/metrics-listener.js");
  const listener = new MetricsListener({ metrics, isServing: () => deps.catalog.isServing });
  const port = await listener.listen(address.host, address.port);
  return { address: formatAddress(address.host, port), close: () => listener.close() };
}

/** Listeners first, together; then what they stand on. */
async function stop({ deps, log }: Parts, opened: readonly (() => Promise<void>)[]): Promise<void> {
  log.info("draining");
  await Promise.all(opened.map((close) => close()));
  deps.catalog.close();
  await deps.engine.close();
  log.info("stopped");
}
