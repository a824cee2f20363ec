import type { Log } from "../observe/log.js";
import type { Catalog } from "./catalog.js";
import type { Opened } from "./version-handle.js";

/**
 * Serves what other processes make current in the catalog: looks at each served index's pointer at this interval. Each change that is
 * followed, or cannot be, is one line of the log.
 * @returns a function that ends it.
 */
export function followCatalog<I extends Opened>(catalog: Catalog<I>, intervalMs: number, log: Log): () => void {
  let timer: NodeJS.Timeout;
  let ended = false;
  const look = async (): Promise<void> => {
    await catalog.followCurrents(
      (index, { current, previous }) => {
        const { label, opened } = current;
        log.info({ index, version: label, digest: opened.digest, previous: previous?.label }, "swap followed");
      },
      (index, version, error) => log.warn({ index, version, err: error }, "swap not followed"),
    );
    if (!ended) {
      start();
    }
  };
  const start = (): void => {
    timer = setTimeout(() => void look(), intervalMs);
    timer.unref();
  };
  start();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
