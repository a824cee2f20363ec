import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, start } from "@maxsimd/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selfSigned } from "../../../typescript/peer/certificates.js";
import { runCommand } from "../../testing/recorded-session.js";
import { writeCorpus } from "../../testing/small-corpus.js";
import { EXIT, type ExitCode } from "../exit-code.js";

// The promise: a command that cannot connect says in one sentence why and what to do, in its own options' names, and ends
// with the code for it. With --json the failure says the same.

const folder = mkdtempSync(join(tmpdir(), "maxsimd-connection-"));
const at = (name: string) => join(folder, name);
let plain: RunningServer;
let secure: RunningServer;

beforeAll(async () => {
  const { vectors, tokenIds, doclens } = writeCorpus(folder, 10);
  await runCommand(["build", vectors, tokenIds, doclens, "-o", at("papers.maxsim")]);
  const own = selfSigned("DNS:localhost", "IP:127.0.0.1");
  writeFileSync(at("cert.pem"), own.cert);
  writeFileSync(at("key.pem"), own.key);
  writeFileSync(at("other.pem"), selfSigned("DNS:elsewhere").key);
  writeFileSync(at("token"), "secret\n");
  const config = { index: at("papers.maxsim"), port: 0, workers: 1, log: { level: "silent" as const } };
  plain = await start(config);
  secure = await start({ ...config, tls: { cert: at("cert.pem"), key: at("key.pem") } });
});
afterAll(async () => {
  await Promise.all([plain.drain(), secure.drain()]);
  rmSync(folder, { recursive: true });
});

const port = (server: RunningServer) => server.dataAddress.replace(/.*:/, "");

describe("a command says why it cannot connect, and what to do:", () => {
  it.each<[what: string, args: () => string[], exitCode: ExitCode, message: string]>([
    ["a scheme", () => [`http://127.0.0.1:${port(plain)}`], EXIT.USAGE, 'leave "http://" out: write 127.0.0.1:'],
    ["no port", () => ["127.0.0.1"], EXIT.USAGE, "add the port, for example 127.0.0.1:50051"],
    ["nothing there", () => ["127.0.0.1:1"], EXIT.UNAVAILABLE, "nothing listens there: start the server or correct"],
    ["plain text to TLS", () => [`127.0.0.1:${port(secure)}`], EXIT.UNAVAILABLE, "add --tls if it uses TLS"],
    [
      "TLS to plain text",
      () => [`127.0.0.1:${port(plain)}`, "--tls"],
      EXIT.UNAVAILABLE,
      "leave out --tls, or turn TLS on",
    ],
    [
      "an unknown authority",
      () => [`127.0.0.1:${port(secure)}`, "--tls"],
      EXIT.UNAVAILABLE,
      "pass the authority as --ca",
    ],
    [
      "another name",
      () => [`127.0.0.1:${port(secure)}`, "--ca", at("cert.pem"), "--server-name", "elsewhere"],
      EXIT.UNAVAILABLE,
      "connect to a name in it or set --server-name",
    ],
    [
      "certificate and key swapped",
      () => [`127.0.0.1:${port(secure)}`, "--cert", at("key.pem"), "--key", at("cert.pem")],
      EXIT.USAGE,
      "--cert and --key are swapped: exchange them",
    ],
    [
      "the key of another certificate",
      () => [`127.0.0.1:${port(secure)}`, "--cert", at("cert.pem"), "--key", at("other.pem")],
      EXIT.USAGE,
      "give the two that belong together",
    ],
    [
      "a key alone",
      () => [`127.0.0.1:${port(secure)}`, "--key", at("key.pem")],
      EXIT.USAGE,
      "got --key alone: add --cert",
    ],
    ["no PEM", () => [`127.0.0.1:${port(secure)}`, "--ca", at("token")], EXIT.USAGE, "not PEM: name a PEM file"],
    ["a missing file", () => [`127.0.0.1:${port(secure)}`, "--ca", at("none")], EXIT.NOT_FOUND, "there is no file"],
    [
      "a token in plain text",
      () => ["192.0.2.1:50051", "--token-file", at("token")],
      EXIT.USAGE,
      "got plain text to 192.0.2.1:50051: add --tls",
    ],
  ])("%s", async (_, args, exitCode, message) => {
    const ran = await runCommand(["list", "--json", "--server", ...args()]);
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.err).toEqual([expect.stringContaining(message)]);
    expect(ran.err[0]).not.toMatch(/undefined|null|SSL routines|Error:|\n|\btls\.|allowPlaintext/);
    expect(ran.json()).toEqual({
      error: { exitCode, code: expect.stringMatching(/^[A-Z_]+$/), message: ran.err[0]?.replace("maxsimd: ", "") },
    });
  });
});

it("a command connects when the options are right", async () => {
  const ran = await runCommand(["list", "--server", `127.0.0.1:${port(secure)}`, "--ca", at("cert.pem")]);
  expect([ran.exitCode, ran.err]).toEqual([EXIT.OK, []]);
});
