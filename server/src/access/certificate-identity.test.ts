import { expect, it } from "vitest";
import { identitiesOf } from "./certificate-identity.js";

// The promise: the identities of a certificate are the names in it, and text in a name never becomes another name.

it.each<[string, string | undefined, string, string[]]>([
  [
    "names of all kinds",
    "DNS:a.b, URI:spiffe://c/d, email:e@f, IP Address:127.0.0.1",
    "CN=g",
    ["dns:a.b", "uri:spiffe://c/d", "email:e@f", "ip:127.0.0.1", "cn:g"],
  ],
  ["no alternative names", undefined, "C=US\nO=x\nCN=g h", ["cn:g h"]],
  ["kinds that nothing asks for", "othername:<unsupported>, DNS:a", "", ["dns:a"]],
  ["a name that holds a separator, which Node quotes", 'DNS:"a, DNS:admin"', "", []],
  ["a quoted name before another", 'DNS:"a\\", DNS:admin", DNS:b', "", ["dns:b"]],
  ["a text that does not parse", "DNS:a, admin", "CN=g", []],
  ["an open quote", 'DNS:"a, DNS:b', "CN=g", []],
  ["two common names", undefined, "CN=a\nCN=b", []],
  ["two common names in one part", undefined, "CN=a + CN=b", []],
  ["a common name in another part", undefined, "O=x + CN=b", []],
  ["an escaped common name", undefined, "CN=a\\nCN=b", []],
])("%s", (_, subjectAltName, subject, identities) => {
  expect(identitiesOf({ subjectAltName, subject })).toEqual(identities);
});
