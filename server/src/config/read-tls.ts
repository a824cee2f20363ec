import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { StartError } from "../errors/start-error.js";
import type { ServerConfig } from "./server-config.js";

/** Contents of the PEM files. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** If set, callers must show a certificate that it signed. */
  readonly clientCa: Buffer | undefined;
}

const PRIVATE_KEY = /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/;
const CERTIFICATE = /-----BEGIN (TRUSTED )?CERTIFICATE-----/;

/**
 * Contents of the TLS files that the configuration names; undefined without TLS.
 * Throws StartError if a file cannot be read, does not hold what its setting names, or the key is not the certificate's.
 */
export async function readTls(tls: ServerConfig["tls"]): Promise<TlsMaterial | undefined> {
  if (tls === undefined) {
    return undefined;
  }
  const cert = await readPem("tls.cert", tls.cert);
  const key = await readPem("tls.key", tls.key);
  if (PRIVATE_KEY.test(cert.toString("latin1")) && !PRIVATE_KEY.test(key.toString("latin1"))) {
    throw StartError.configuration("tls.cert and tls.key are swapped: the first names a private key; exchange them");
  }
  checkCertificate("tls.cert", tls.cert, cert);
  const clientCa = tls.clientCa === undefined ? undefined : await readPem("tls.clientCa", tls.clientCa);
  if (tls.clientCa !== undefined && clientCa !== undefined) {
    checkCertificate("tls.clientCa", tls.clientCa, clientCa);
  }
  checkKey(tls.key, key, cert);
  return { cert, key, clientCa };
}

async function readPem(setting: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw StartError.configuration(StartError.from(`${setting} ${path}`, error).message, error);
  }
}

function checkCertificate(setting: string, path: string, content: Buffer): void {
  try {
    if (!CERTIFICATE.test(content.toString("latin1"))) {
      throw new TypeError("it holds no certificate");
    }
    new X509Certificate(content);
  } catch (error) {
    throw StartError.configuration(
      `${setting} ${path}: expected a PEM file with a certificate: ${(error as Error).message}`,
      error,
    );
  }
}

function checkKey(path: string, content: Buffer, cert: Buffer): void {
  let matches: boolean;
  try {
    matches = new X509Certificate(cert).checkPrivateKey(createPrivateKey(content));
  } catch (error) {
    const message = `tls.key ${path}: expected a PEM file with an unencrypted private key: ${(error as Error).message}`;
    throw StartError.configuration(message, error);
  }
  if (!matches) {
    throw StartError.configuration(
      `tls.key ${path}: it is not the key of the certificate in tls.cert; give its own key`,
    );
  }
}
