import { readFile } from "node:fs/promises";
import { ConfigError } from "./config-error.js";
import type { ServerConfig } from "./server-config.js";

/** Contents of the TLS files that the configuration names; undefined without TLS. Throws ConfigError. */
export async function readTls(
  tls: ServerConfig["tls"],
): Promise<{ cert: Buffer; key: Buffer; clientCa: Buffer | undefined } | undefined> {
  if (tls === undefined) {
    return undefined;
  }
  return {
    cert: await readPem("tls.cert", tls.cert),
    key: await readPem("tls.key", tls.key),
    clientCa: tls.clientCa === undefined ? undefined : await readPem("tls.clientCa", tls.clientCa),
  };
}

async function readPem(setting: string, path: string): Promise<Buffer> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (error) {
    throw new ConfigError(`${setting}: expected a PEM file, got: ${(error as Error).message}`, { cause: error });
  }
  if (!content.includes("-----BEGIN ")) {
    throw new ConfigError(`${setting}: expected a PEM file, got something else in ${path}`);
  }
  return content;
}
