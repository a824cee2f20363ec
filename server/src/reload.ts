import { Access } from "./access/access.js";
import { type AccessList, parseAccessList } from "./access/access-list.js";
import { readSecretFile } from "./config/read-secret-file.js";
import { readTls, type TlsMaterial } from "./config/read-tls.js";
import type { ServerConfig } from "./config/server-config.js";
import { watchFiles } from "./config/watch-files.js";
import { StartError } from "./errors/start-error.js";
import type { Log } from "./observe/log.js";

/** What a server reads again while it runs. */
export type Reloadable = "tokens" | "certificates";

/** Reads the token file and the certificates: at the start, when they change, and when it is asked to. */
export class Reload {
  /** Undefined without a token file. */
  readonly access: Access | undefined;
  /** Called after a file was read again. */
  onReload: (what: Reloadable, good: boolean) => void = () => undefined;
  readonly #onCertificates = new Set<(tls: TlsMaterial) => void>();
  #tls: TlsMaterial | undefined;
  readonly #config: ServerConfig;
  readonly #log: Log;
  readonly #unwatch: readonly (() => void)[];
  #running: Promise<void> = Promise.resolve();

  /** Reads the files that the configuration names. Throws StartError for those that cannot be used. */
  static async open(config: ServerConfig, log: Log): Promise<Reload> {
    let reload: Reload | undefined;
    // Watched first, so that no change falls between reading and watching.
    const watch = (what: Reloadable, paths: readonly (string | undefined)[]): (() => void) =>
      watchFiles(
        paths.filter((path) => path !== undefined),
        () => void reload?.again(what),
      );
    const { tokens, tls } = config;
    const unwatch = [watch("tokens", [tokens]), watch("certificates", [tls?.cert, tls?.key, tls?.clientCa])];
    try {
      const list = await readAccess(config);
      reload = new Reload(config, log, list, await readTls(tls), unwatch);
      return reload;
    } catch (error) {
      for (const end of unwatch) end();
      throw error;
    }
  }

  private constructor(
    config: ServerConfig,
    log: Log,
    list: AccessList | undefined,
    tls: TlsMaterial | undefined,
    unwatch: readonly (() => void)[],
  ) {
    this.#config = config;
    this.#log = log;
    this.#unwatch = unwatch;
    this.access = list === undefined ? undefined : new Access(list);
    this.#tls = tls;
  }

  /** The certificates that were read last; undefined without TLS. */
  get tls(): TlsMaterial | undefined {
    return this.#tls;
  }

  /** Calls back with new certificates. */
  onCertificates(listener: (tls: TlsMaterial) => void): void {
    this.#onCertificates.add(listener);
  }

  /** Reads everything again. A file that cannot be used changes nothing; the log says why. Never rejects. */
  async all(): Promise<void> {
    await this.again("tokens");
    await this.again("certificates");
  }

  /** Reads the tokens or the certificates again, after what is being read already: what was read last is in force. */
  again(what: Reloadable): Promise<void> {
    this.#running = this.#running.then(() => this.#again(what));
    return this.#running;
  }

  async #again(what: Reloadable): Promise<void> {
    try {
      const read = what === "tokens" ? await this.#tokens() : await this.#certificates();
      if (read !== undefined) {
        this.#log.info(read, `${what} loaded`);
        this.onReload(what, true);
      }
    } catch (error) {
      this.#log.error({ err: StartError.from(what, error) }, `${what} not loaded; those before stay in force`);
      this.onReload(what, false);
    }
  }

  close(): void {
    for (const end of this.#unwatch) end();
    this.access?.close();
  }

  /** Resolves to what the log says of the file; undefined if none is configured. */
  async #tokens(): Promise<object | undefined> {
    const list = await readAccess(this.#config);
    if (list === undefined) {
      return undefined;
    }
    this.access?.replace(list);
    return { tokens: list.tokens.length, certificates: list.certificates.size };
  }

  async #certificates(): Promise<object | undefined> {
    const material = await readTls(this.#config.tls);
    if (material === undefined) {
      return undefined;
    }
    this.#tls = material;
    for (const listener of this.#onCertificates) {
      listener(material);
    }
    return { cert: this.#config.tls?.cert };
  }
}

async function readAccess({ tokens, tls }: ServerConfig): Promise<AccessList | undefined> {
  if (tokens === undefined) {
    return undefined;
  }
  const list = parseAccessList(tokens, await readSecretFile(tokens));
  if (list.certificates.size > 0 && tls?.clientCa === undefined) {
    throw StartError.configuration(
      `${tokens}: certificates: expected the setting tls.clientCa, the authority that signs them, got nothing; set it, or remove the list`,
    );
  }
  return list;
}
