import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The clone, from bench/dist/frameworks/environment.js. */
export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Tags of wheels. By itself, pip refuses that of tachiom with an older C library, although the module loads there. */
const PLATFORM = `manylinux_2_39_${process.arch === "arm64" ? "aarch64" : "x86_64"}`;

/** The version of tachiom that the other packages of an environment work with. */
const TACHIOM = { pylate: "tachiom==0.3.5", recipes: undefined } as const;

/** The environments: PyLate 1.6 needs Sentence Transformers 5, which has no multi-vector models. */
export type EnvironmentName = keyof typeof TACHIOM;

/** Returns the Python of the virtual environment `name` in `folder`. Makes it if it is missing, or if its requirements have changed. */
export function frameworkEnvironment(name: EnvironmentName, folder: string): string {
  const environment = join(folder, name);
  const python = join(environment, "bin/python");
  const requirements = join(ROOT, "bench/frameworks", `${name}-requirements.txt`);
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  const stamp = join(environment, "requirements.sha256");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return python;
  process.stderr.write(`frameworks: installing about 5 GB into ${environment}\n`);
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  need("python3", ["-m", "venv", environment], "Python 3.11 or newer with its venv module is missing");
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"];
  const failed = "pip failed: its error is above";
  need(python, [...pip, "-r", requirements, "-e", join(ROOT, "clients/python")], failed);
  const tachiom = TACHIOM[name];
  if (tachiom !== undefined) {
    const code = "import sysconfig; print(sysconfig.get_path('platlib'))";
    const site = spawnSync(python, ["-c", code], { encoding: "utf8" }).stdout.trim();
    const alone = ["--no-deps", "--only-binary", ":all:", "--platform", PLATFORM, "--target", site];
    need(python, [...pip, ...alone, tachiom], failed);
  }
  writeFileSync(stamp, digest);
  return python;
}

/** Runs a script of this folder, whose progress goes to standard error. Returns the lines of JSON that it prints. */
export function runScript<Line>(python: string, script: string, ...args: string[]): Line[] {
  const { status, stdout } = spawnSync(python, [join(ROOT, "bench/frameworks", script), ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`${script} failed: its error is above`);
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line));
}

function need(program: string, rest: string[], otherwise: string): void {
  const { status } = spawnSync(program, rest, { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(otherwise);
}
