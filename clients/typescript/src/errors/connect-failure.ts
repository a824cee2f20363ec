import type { Endpoint } from "../address.js";

/**
 * What grpc-js, Node and OpenSSL say when a connection is not made, and what it means for the caller. `tls` limits a line to
 * clients with or without TLS; the first line that matches counts.
 */
const REASONS: readonly { said: RegExp; tls?: boolean; meaning: string }[] = [
  { said: /ECONNREFUSED/, meaning: "nothing listens there: start the server or correct the address" },
  { said: /connect ENOENT/, meaning: "no socket has this path: start the server or correct the path" },
  { said: /connect EACCES/, meaning: "the socket may not be opened: ask its owner for write permission" },
  {
    said: /wrong version number|packet length too long/,
    meaning: "the server does not speak TLS: leave tls out, or turn TLS on at the server",
  },
  {
    said: /self.signed certificate|unable to (get|verify)|UNABLE_TO/,
    meaning:
      "the server's certificate is not signed by an authority that this client trusts: pass the authority's certificate as tls.ca",
  },
  {
    said: /ERR_TLS_CERT_ALTNAME_INVALID/,
    meaning: "the server's certificate is for another name: connect to a name in it or set tls.serverName",
  },
  {
    said: /certificate (has expired|is not yet valid)/,
    meaning: "the server's certificate is not valid today: renew it or correct the clock",
  },
  {
    said: /SSL alert number (40|42|43|45|46|48|116)/,
    meaning: "the server accepts only clients with a certificate that it knows: pass one as tls.cert and tls.key",
  },
  { said: /Protocol error|SSL alert number 120/, meaning: "what listens there does not speak gRPC: correct the port" },
  {
    said: /^Failed to connect$|ECONNRESET|socket hang up/,
    tls: false,
    meaning: "the other side closed the connection at once, as a server with TLS does: set tls if it uses TLS",
  },
  {
    said: /^Failed to connect$|ECONNRESET|socket disconnected/,
    tls: true,
    meaning:
      "the other side ended the TLS handshake: check that it uses TLS and accepts this client's tls.cert and tls.key",
  },
  { said: /Name resolution failed|ENOTFOUND/, meaning: "the host's name does not resolve: correct it" },
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
    .replace(/^No connection established\. Last error: (null)?/, "")
    .replace(/\.? Resolution note: $/, "")
    .replace(/\s*\(\d{4}-\d\d-\d\dT[\d:.]+Z\)/, "")
    .replaceAll(/\s+/g, " ")
    .replace(/^[:\s]+/, "")
    .trim();
  const reason = REASONS.find((each) => each.said.test(said) && (each.tls ?? tls) === tls);
  return `no connection to ${address}: ${reason?.meaning ?? said}`;
}
