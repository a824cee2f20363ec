import { ServerCredentials } from "@grpc/grpc-js";

/** Contents of the PEM files. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** With it, callers must show a certificate that it signed. */
  readonly clientCa: Buffer | undefined;
}

/** TLS, or none. */
export function serverCredentials(tls: TlsMaterial | undefined): ServerCredentials {
  if (tls === undefined) {
    return ServerCredentials.createInsecure();
  }
  const pair = { cert_chain: tls.cert, private_key: tls.key };
  return ServerCredentials.createSsl(tls.clientCa ?? null, [pair], tls.clientCa !== undefined);
}
