import { experimental, type ServerCredentials } from "@grpc/grpc-js";
import type { TlsMaterial } from "../config/read-tls.js";

type Provider = Parameters<typeof experimental.createCertificateProviderServerCredentials>[0];
type IdentityListener = Parameters<Provider["addIdentityCertificateListener"]>[0];
type AuthorityListener = Parameters<Provider["addCaCertificateListener"]>[0];

/**
 * Credentials of a TLS listener, whose certificates can be replaced while it listens. New connections get the new ones; connections that
 * are open keep theirs. With an authority, callers must show a certificate that it signed.
 */
export class TlsCredentials implements Provider {
  /** What a server is bound with. */
  readonly credentials: ServerCredentials;
  #material: TlsMaterial;
  readonly #identityListeners = new Set<IdentityListener>();
  readonly #authorityListeners = new Set<AuthorityListener>();

  constructor(material: TlsMaterial) {
    this.#material = material;
    const callers = material.clientCa === undefined ? null : this;
    // The first is the provider of the server's own certificate, the second that of the authority: the types name them the other way.
    this.credentials = experimental.createCertificateProviderServerCredentials(this, callers, callers !== null);
  }

  /** @param material has an authority if and only if the first had. */
  replace(material: TlsMaterial): void {
    this.#material = material;
    for (const listener of this.#authorityListeners) {
      this.#passAuthority(listener);
    }
    for (const listener of this.#identityListeners) {
      this.#passIdentity(listener);
    }
  }

  addIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.add(listener);
    // Not at once: grpc-js is ready for it after it has added the listener.
    process.nextTick(() => this.#passIdentity(listener));
  }

  removeIdentityCertificateListener(listener: IdentityListener): void {
    this.#identityListeners.delete(listener);
  }

  addCaCertificateListener(listener: AuthorityListener): void {
    this.#authorityListeners.add(listener);
    process.nextTick(() => this.#passAuthority(listener));
  }

  removeCaCertificateListener(listener: AuthorityListener): void {
    this.#authorityListeners.delete(listener);
  }

  #passIdentity(listener: IdentityListener): void {
    listener({ certificate: this.#material.cert, privateKey: this.#material.key });
  }

  #passAuthority(listener: AuthorityListener): void {
    const { clientCa } = this.#material;
    listener(clientCa === undefined ? null : { caCertificate: clientCa });
  }
}
