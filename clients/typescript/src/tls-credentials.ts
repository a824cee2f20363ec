import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { badArgument, type MaxsimRpcError } from "./errors/maxsim-rpc-error.js";
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
    throw badTls("cert", "a certificate", "a private key", "tls.cert and tls.key are swapped: exchange them");
  }
  const files = [
    pem("ca", ca, "CERTIFICATE"),
    pem("key", key, "PRIVATE KEY"),
    pem("cert", cert, "CERTIFICATE"),
  ] as const;
  if ((cert === undefined) !== (key === undefined)) {
    const [missing, given] = cert === undefined ? ["cert", "key"] : ["key", "cert"];
    throw badTls(missing, `tls.${missing} with tls.${given}`, `tls.${given} alone`, "give both or neither");
  }
  try {
    return credentials.createSsl(...files);
  } catch (cause) {
    if (/key values mismatch/i.test(String(cause))) {
      throw badTls(
        "key",
        "the private key of tls.cert",
        "the key of another certificate",
        "give the two that belong together",
      );
    }
    const got = cause instanceof Error ? cause.message : String(cause);
    throw badTls("tls", "PEM that OpenSSL can read", got, "check ca, cert and key", cause);
  }
}

function pem(field: string, value: Buffer | string | undefined, kind: string): Buffer | null {
  if (value === undefined) return null;
  if (holds(value, kind)) return Buffer.from(value);
  const got = holds(value, "") ? "PEM of another kind" : "text that is not PEM";
  throw badTls(field, `PEM with BEGIN ${kind}`, got, "pass the file's content, not its path");
}

function holds(value: Buffer | string | undefined, kind: string): boolean {
  return value !== undefined && new RegExp(`-----BEGIN [A-Z ]*${kind}`).test(String(value));
}

function badTls(part: string, expected: string, got: string, fix: string, cause?: unknown): MaxsimRpcError {
  return badArgument("INVALID_PARAMETER", part === "tls" ? part : `tls.${part}`, expected, got, fix, cause);
}
