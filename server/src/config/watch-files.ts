import { unwatchFile, watchFile } from "node:fs";

/** How often a file is looked at. One look costs about 10 µs on another thread. */
const INTERVAL_MS = 1000;
/** How long files must stay as they are: a certificate and its key change one after the other, and an editor may write in pieces. */
const SETTLE_MS = 200;

/**
 * Calls back after files have changed, once for all that change together. It asks for their state once a second, because events of the
 * file system miss what lies behind links, as in the volumes of Kubernetes, and on network file systems.
 * @returns a function that ends the watch.
 */
export function watchFiles(paths: readonly string[], onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLE_MS);
    timer.unref();
  };
  for (const path of paths) {
    watchFile(path, { interval: INTERVAL_MS, persistent: false }, changed);
  }
  return () => {
    clearTimeout(timer);
    for (const path of paths) {
      unwatchFile(path, changed);
    }
  };
}
