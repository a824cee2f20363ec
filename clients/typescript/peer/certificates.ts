/** Certificates for tests, made with openssl in a folder of their own. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Certificate {
  cert: Buffer;
  key: Buffer;
}

/** A self-signed certificate for the given names, such as `DNS:localhost`. */
export function selfSigned(...names: string[]): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-certificate-"));
  try {
    const request = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
    ];
    const subject = ["-subj", "/CN=maxsimd test", "-addext", `subjectAltName=${names.join(",")}`];
    execFileSync("openssl", [...request, ...subject, "-keyout", "key.pem", "-out", "cert.pem"], {
      cwd: folder,
      stdio: "pipe",
    });
    return { cert: readFileSync(join(folder, "cert.pem")), key: readFileSync(join(folder, "key.pem")) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
