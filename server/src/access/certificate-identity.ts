import type { X509Certificate } from "node:crypto";

/** The kinds of names that an identity can have, as Node writes them. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ["DNS", "dns"],
  ["URI", "uri"],
  ["email", "email"],
  ["IP Address", "ip"],
]);
/** One name of a list. Node writes a value that holds special characters in quotes, escaped as in JSON. */
const NAME = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?:, |$)/y;
/** Node writes each part of a subject on a line, several values of one part with " + " between them, and special characters escaped. */
const COMMON_NAME = /^CN=([^\\+]+)$/;

/**
 * The identities of a certificate, in the form of the token file: `dns:…`, `uri:…`, `email:…`, `ip:…` of its alternative names, and `cn:…`
 * of its subject. A certificate has no identities if its names do not parse, because what does not parse may hide another name.
 */
export function identitiesOf({
  subjectAltName,
  subject,
}: Pick<X509Certificate, "subjectAltName" | "subject">): string[] {
  const names = alternativeNames(subjectAltName ?? "");
  if (names === undefined) {
    return [];
  }
  const commonNames = subject.split("\n").filter((line) => line.includes("CN="));
  // With several, it is not clear which of them the authority has checked.
  const commonName = commonNames.length === 1 ? COMMON_NAME.exec(commonNames[0] as string)?.[1] : undefined;
  return commonName === undefined ? names : [...names, `cn:${commonName}`];
}

function alternativeNames(text: string): string[] | undefined {
  const found: string[] = [];
  NAME.lastIndex = 0;
  while (NAME.lastIndex < text.length) {
    const match = NAME.exec(text);
    if (match === null) {
      return undefined;
    }
    const kind = KINDS.get(match[1] as string);
    const value = match[2] as string;
    // A name with special characters is not one that an operator gives, so that it need not be unescaped.
    if (kind !== undefined && !value.startsWith('"')) {
      found.push(`${kind}:${value}`);
    }
  }
  return found;
}
