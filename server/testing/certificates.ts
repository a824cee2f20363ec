/** An authority, and certificates that it signed, as PEM files in one folder; made by openssl. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export interface CertificateParts {
  /** Alternative names, as openssl takes them. */
  readonly names?: string;
  /** The authority that signs it. */
  readonly authority?: string;
  /** Expired a day ago. */
  readonly expired?: boolean;
}

export class Certificates {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Path of a file: `<name>.crt` or `<name>.key`. */
  path(file: string): string {
    return join(this.#folder, file);
  }

  pem(file: string): Buffer {
    return readFileSync(this.path(file));
  }

  authority(name: string): void {
    this.#openssl(
      "req",
      "-x509",
      ...KEY,
      ...["-keyout", `${name}.key`, "-out", `${name}.crt`, "-days", "2"],
      "-subj",
      `/CN=${name}`,
    );
  }

  /** A certificate for an endpoint on this machine, whose common name is its own. */
  make(name: string, { names, authority = "ca", expired = false }: CertificateParts = {}): void {
    const alternative = `subjectAltName=${["IP:127.0.0.1", "DNS:localhost", names].filter(Boolean).join(",")}`;
    this.#openssl(
      "req",
      ...KEY,
      ...["-keyout", `${name}.key`, "-out", `${name}.csr`],
      "-subj",
      `/CN=${name}`,
      "-addext",
      alternative,
    );
    const issuer = ["-CA", `${authority}.crt`, "-CAkey", `${authority}.key`];
    const days = expired ? "-1" : "1";
    this.#openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      ...issuer,
      "-out",
      `${name}.crt`,
      "-days",
      days,
      "-copy_extensions",
      "copyall",
    );
  }

  /** Credentials of a client that trusts the authority `ca`, and shows a certificate if one is named. */
  client(name?: string): ChannelCredentials {
    const own = name === undefined ? [] : [this.pem(`${name}.key`), this.pem(`${name}.crt`)];
    return credentials.createSsl(this.pem("ca.crt"), ...own);
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { cwd: this.#folder, stdio: "pipe" });
  }
}
