import { type Address, isLocal, parseAddress, parseHost } from "./address.js";

/** The settings that decide who can reach a server. */
export interface DoorSettings {
  readonly host: string;
  readonly admin?: string | undefined;
  readonly metrics?: string | undefined;
  readonly tls?: unknown;
  readonly tokens?: string | undefined;
  readonly insecure: boolean;
}

/** A listener that more callers can reach than is safe. */
export interface OpenDoor {
  readonly setting: "host" | "admin" | "metrics";
  readonly message: string;
}

/** The listeners that more callers can reach than is safe, with what to do about each. */
export function openDoors({ host, admin, metrics, tls, tokens, insecure }: DoorSettings): OpenDoor[] {
  const found: OpenDoor[] = [];
  if (tls === undefined && isRemote(parseHost(host, 0))) {
    const encrypt = "set tls.cert and tls.key";
    if (tokens !== undefined) {
      const message = `expected 127.0.0.1 or unix:/path, because tokens never go over a network in clear text (or ${encrypt})`;
      found.push({ setting: "host", message });
    } else if (!insecure) {
      const reason = "because on a network anybody can search and read along";
      const message = `expected 127.0.0.1 or unix:/path, ${reason} (or ${encrypt}, or allow it with --insecure)`;
      found.push({ setting: "host", message });
    }
  }
  if (isRemote(parse(admin)) && (tls === undefined || tokens === undefined)) {
    const example = "127.0.0.1:50052 or unix:/path";
    const message = `expected an address of this machine, as in ${example}; another one needs tls and tokens`;
    found.push({ setting: "admin", message });
  }
  if (!insecure && isRemote(parse(metrics))) {
    const reason = "because on a network anybody can read the metrics";
    const message = `expected an address of this machine, as in 127.0.0.1:9464, ${reason} (or allow it with --insecure)`;
    found.push({ setting: "metrics", message });
  }
  return found;
}

function parse(address: string | undefined): Address | undefined {
  return address === undefined ? undefined : parseAddress(address);
}

/** Of an address that does not parse, another check says so. */
function isRemote(address: Address | undefined): boolean {
  return address !== undefined && !isLocal(address);
}
