import { isIP } from "node:net";

/** Where an address in the configuration points. */
export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);
const UNIX = "unix:";
const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;
/** Bytes of a socket's path: Linux holds 108 with the closing zero, macOS 104. */
const MAX_SOCKET_PATH = 103;

/** Parses `host:port`, `[v6]:port` or `unix:/path`; undefined for anything else. */
export function parseAddress(text: string): Address | undefined {
  if (text.startsWith(UNIX)) {
    return parseHost(text, 0);
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(text);
  return match === null ? undefined : parseHost((match[1] ?? match[2]) as string, Number(match[3]));
}

/** The address of a host, or of `unix:/path`, which has no port; undefined for anything else. */
export function parseHost(host: string, port: number): Address | undefined {
  if (host.startsWith(UNIX)) {
    const path = host.slice(UNIX.length);
    return path === "" || Buffer.byteLength(path) > MAX_SOCKET_PATH ? undefined : { kind: "unix", path };
  }
  return port <= 65_535 && (isIP(host) !== 0 || HOST_NAME.test(host)) ? { kind: "tcp", host, port } : undefined;
}

/** Whether it is an address that only this machine can reach. */
export function isLocal(address: Address | undefined): boolean {
  return address?.kind === "unix" || (address?.kind === "tcp" && LOOPBACK.has(address.host));
}

/** The address as gRPC writes it. */
export function formatAddress(address: Address): string {
  if (address.kind === "unix") {
    return UNIX + address.path;
  }
  const { host, port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
