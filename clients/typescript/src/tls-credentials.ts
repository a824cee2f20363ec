import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { badParameter } from "./errors/maxsim-rpc-error.js";
import type { TlsOptions } from "./options.js";

/**
 * Credentials of a channel: plain text, or TLS with checked certificates.
 *
 * @throws MaxsimRpcError INVALID_PARAMETER when a text is not the PEM that its place asks for
 */
export function channelCredentials(tls: boolean | TlsOptions | undefined): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  const { ca, cert, key } = tls === true ? ({} as TlsOptions) : tls;
  if (holds(cert, "PRIVATE KEY") && !holds(cert, "CERTIFICATE") && holds(key, "CERTIFICATE")) {
    throw badParameter("tls.cert", "a certificate", "a private key", "tls.cert and tls.key are swapped: exchange them");
  }
  const roots = pem("tls.ca", ca, "CERTIFICATE");
  const [own, secret] = [pem("tls.cert", cert, "CERTIFICATE"), pem("tls.key", key, "PRIVATE KEY")];
  const [missing, given] = own === null ? ["tls.cert", "tls.key"] : ["tls.key", "tls.cert"];
  if ((own === null) !== (secret === null))
    throw badParameter(missing, `both or neither`, `${given} alone`, `add ${missing}`);
  try {
    return credentials.createSsl(roots, secret, own);
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    if (!/key values mismatch/i.test(got))
      throw badParameter("tls", "PEM that OpenSSL can read", got, "check its files", cause);
    throw badParameter(
      "tls.key",
      "the private key of tls.cert",
      "another key",
      "give the two that belong together",
      cause,
    );
  }
}

function pem(field: string, value: Buffer | string | undefined, kind: string): Buffer | null {
  if (value === undefined) return null;
  if (holds(value, kind)) return Buffer.from(value);
  const got = holds(value, "") ? "PEM of another kind" : "text that is not PEM";
  throw badParameter(field, `PEM with BEGIN ${kind}`, got, "pass the file's content, not its path");
}

function holds(value: Buffer | string | undefined, kind: string): boolean {
  return value !== undefined && new RegExp(`-----BEGIN [A-Z ]*${kind}`).test(String(value));
}
