import { badParameter, type MaxsimRpcError } from "./errors/maxsim-rpc-error.js";

/** Where a client connects to. */
export interface Endpoint {
  /** The address as it was given. */
  readonly address: string;
  /** Whether the address is a Unix socket or a loopback address, so that nothing leaves this machine. */
  readonly local: boolean;
  readonly tls: boolean;
}

/** The longest path of a Unix socket in bytes: `sun_path` of the platform, less its final zero byte. */
const LONGEST_SOCKET_PATH = process.platform === "linux" ? 107 : 103;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/i;

/**
 * Checks an address before gRPC sees it: gRPC accepts nearly any text and fails later, with words that do not name the fault.
 *
 * Accepted are `host:port`, `[v6]:port`, `unix:path`, the same with gRPC's prefixes `dns:`, `ipv4:` and `ipv6:` (the last two
 * take a list), and every other scheme, which a resolver registered with gRPC may know.
 *
 * @throws MaxsimRpcError INVALID_PARAMETER with the fix
 */
export function parseAddress(address: unknown, tls: boolean): Endpoint {
  if (typeof address !== "string") throw badAddress(String(address), "pass a string");
  if (address.trim() === "") throw badAddress('""', "name the server, for example 127.0.0.1:50051");
  const [, web, rest = ""] = /^(https?|grpcs?|tcp):\/\/([^/]*)/i.exec(address) ?? [];
  if (web !== undefined) {
    const secure = /s$/i.test(web) ? " and set tls" : "";
    throw badAddress(address, `leave "${web}://" out${secure}: write ${/:\d+$/.test(rest) ? rest : `${rest}:50051`}`);
  }
  if (address.startsWith("unix:")) return { address, local: checkSocketPath(address), tls };
  const [, scheme = "", names = ""] = /^(?:(dns|ipv[46]):(?:\/\/[^/]*\/)?)?(.*)$/i.exec(address) ?? [];
  if (/^[a-z][\w+.-]*:\/\//i.test(names)) return { address, local: false, tls };
  const hosts = (scheme.startsWith("ip") ? names.split(",") : [names]).map((name) => checkHost(address, name));
  return { address, local: hosts.every((host) => LOOPBACK.test(host)), tls };
}

function checkHost(address: string, name: string): string {
  const [, host, port] = /^(\[[\da-f:.%]+\]|[^\s:/[\]]+):(\d+)$/i.exec(name) ?? [];
  if (host !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return host;
  if (host !== undefined) throw badAddress(address, "use a port from 1 to 65535");
  if (/^[\da-f]*:[\da-f:.]*:[\da-f.]*$/i.test(name)) {
    throw badAddress(address, `put an IPv6 address in brackets and add the port: [${name}]:50051`);
  }
  if (/^(\[[^\s\]]+\]|[^\s:/[\]]+):?$/.test(name)) {
    throw badAddress(address, `add the port, for example ${name.replace(/:$/, "")}:50051`);
  }
  throw badAddress(address, "for example 127.0.0.1:50051");
}

function checkSocketPath(address: string): true {
  const path = address.slice("unix:".length);
  if (path === "" || /^\/\/(?!\/.)/.test(path)) {
    throw badAddress(address, "write unix:relative/path, unix:/absolute/path or unix:///absolute/path");
  }
  if (Buffer.byteLength(path.replace(/^\/\//, "")) > LONGEST_SOCKET_PATH) {
    throw badAddress(address, `the path of a Unix socket has at most ${LONGEST_SOCKET_PATH} bytes: use a shorter one`);
  }
  return true;
}

function badAddress(got: string, fix: string): MaxsimRpcError {
  return badParameter("address", "host:port or unix:path", got, fix);
}
