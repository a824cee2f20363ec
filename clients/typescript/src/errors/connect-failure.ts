import type { Endpoint } from "../address.js";

/** What the other side does when it expects TLS and gets plain text, or rejects a certificate; grpc-js says no more. */
const DROPPED = /^Failed to connect|ECONNRESET|socket hang up|socket disconnected/;

/** What grpc-js, Node and OpenSSL say when a connection is not made, and what it means. The first line that matches counts. */
const REASONS: readonly [said: RegExp, meaning: string][] = [
  [/ECONNREFUSED/, "nothing listens there: start the server or correct the address"],
  [/connect ENOENT/, "no socket has this path: start the server or correct the path"],
  [/connect EACCES/, "the socket may not be opened: ask its owner for write permission"],
  [/wrong version number|packet length/, "the server does not speak TLS: leave tls out, or turn TLS on at the server"],
  [
    /self.signed certificate|unable to (get|verify)/,
    "its certificate's authority is not trusted: pass the authority as tls.ca",
  ],
  [/ALTNAME_INVALID/, "its certificate is for another name: connect to a name in it or set tls.serverName"],
  [/certificate (has expired|is not yet valid)/, "its certificate is not valid today: renew it or correct the clock"],
  [
    /SSL alert number (4[0-8]|116)/,
    "it accepts only clients with a known certificate: pass one as tls.cert and tls.key",
  ],
  [/Protocol error|SSL alert number 120/, "what listens there does not speak gRPC: correct the port"],
  [/Name resolution failed|ENOTFOUND/, "the host's name does not resolve: correct it"],
];

/** One sentence for the details of a status that grpc-js makes itself: no connection, or no answer in time; else undefined. */
export function explainFailure(details: string, { address, tls }: Endpoint): string | undefined {
  const seconds = /^Deadline exceeded after ([\d.]+s)/.exec(details)?.[1];
  if (seconds !== undefined && /waiting for (LB pick|name resolution)/i.test(details)) {
    return `no connection to ${address} within ${seconds}: check that the server runs and the address is right`;
  }
  if (seconds !== undefined) {
    return `no answer from ${address} within ${seconds}: raise the deadline or make the request smaller`;
  }
  if (!/^(No connection established|Name resolution failed)/.test(details)) return undefined;
  const said = details
    .replace(/^No connection established\. Last error: (null)?|\s*(\(\d{4}-[^)]*\))?\.? Resolution note: $/g, "")
    .replaceAll(/\s+/g, " ");
  const dropped = tls
    ? "it ended the TLS handshake: check that it uses TLS and accepts this client's tls.cert and tls.key"
    : "it closed the connection at once, as a server with TLS does: set tls if it uses TLS";
  const meaning = REASONS.find(([pattern]) => pattern.test(said))?.[1] ?? (DROPPED.test(said) ? dropped : said);
  return `no connection to ${address}: ${meaning}`;
}
