import type { Http2Session, ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import { identitiesOf } from "../access/certificate-identity.js";

/** By connection: its certificate does not change. */
const known = new WeakMap<Http2Session, readonly string[]>();

/** The identities of the certificate that the peer of a stream has shown, and that an authority of the server signed; else none. */
export function peerIdentities({ session }: ServerHttp2Stream): readonly string[] {
  if (session === undefined) {
    return [];
  }
  let identities = known.get(session);
  if (identities === undefined) {
    const socket = session.socket as Partial<TLSSocket>;
    const certificate = socket.authorized === true ? socket.getPeerX509Certificate?.() : undefined;
    identities = certificate === undefined ? [] : identitiesOf(certificate);
    known.set(session, identities);
  }
  return identities;
}
