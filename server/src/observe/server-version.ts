import { createRequire } from "node:module";

/** Version of this package; the file is two folders up, from the sources and from what is built. */
export const SERVER_VERSION = (createRequire(import.meta.url)("../../package.json") as { version: string }).version;
