// The Python environment of clients/python, and what is run in it: `node .ci/python.mjs generate` writes the Python of the proto files.

import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createProgress } from "./terminal.mjs";
import { report, root, run } from "./tree.mjs";

const folder = join(root, "clients/python");
const environment = join(folder, ".venv");
const requirements = join(folder, "requirements.txt");
const packages = join(environment, "packages");
const own = join(environment, "bin/python");

/** Of numpy's release that requirements.txt names. */
const LEAST = [3, 11];

const SKIPPED = `skipped: clients/python needs Python ${LEAST.join(".")} or newer, and there is no such python3 here`;

let ready;

/**
 * Makes the environment if it is missing. Resolves to how Python is started in it, or to undefined on a machine without Python. With
 * REQUIRE_PYTHON, which `.ci/run` sets, a machine without Python is an error.
 */
export function pythonEnvironment() {
  ready ??= prepare();
  return ready;
}

async function prepare() {
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  const stamp = join(environment, "requirements.sha256");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return started();
  const ask = await run("python3", ["-c", "import sys; print(*sys.version_info[:2])"]);
  const [major = 0, minor = 0] = ask.stdout.trim().split(" ").map(Number);
  if (ask.code !== 0 || major !== LEAST[0] || minor < LEAST[1]) {
    if (process.env.REQUIRE_PYTHON !== undefined) throw new Error(`${SKIPPED}: install it`);
    console.log(SKIPPED);
    return undefined;
  }
  const progress = createProgress("python");
  progress.update("pip install");
  rmSync(environment, { recursive: true, force: true });
  const [python, ...into] = await makeEnvironment();
  const how = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile", "--only-binary", ":all:"];
  const installed = await run(python, ["-m", "pip", ...into, ...how, "-r", requirements]);
  if (installed.code !== 0) throw new Error(`pip could not install ${requirements}:\n${installed.stderr.trim()}`);
  writeFileSync(stamp, digest);
  progress.finish("installed");
  return started();
}

/** How pip is called to install into the environment: the command, and its arguments after `-m pip`. */
async function makeEnvironment() {
  // The machine's own pip installs into the environment, which is then made in a second.
  const hasPip = (await run("python3", ["-m", "pip", "--version"])).code === 0;
  const made = await run("python3", ["-m", "venv", ...(hasPip ? ["--without-pip"] : []), environment]);
  if (made.code === 0) return hasPip ? ["python3", "--python", own, "install"] : [own, "install"];
  // Debian's python3 has no venv without python3-venv; then the packages go into a folder.
  rmSync(environment, { recursive: true, force: true });
  return ["python3", "install", "--target", packages];
}

function started() {
  const path = [join(folder, "src"), ...(existsSync(packages) ? [packages] : [])].join(delimiter);
  return { python: existsSync(own) ? own : "python3", env: { PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: "1" } };
}

/** Runs Python in clients/python; undefined on a machine without Python. */
export async function runPython(args, options = {}) {
  const found = await pythonEnvironment();
  if (found === undefined) return undefined;
  return await run(found.python, args, { cwd: folder, ...options, env: { ...found.env, ...options.env } });
}

/** Counts from pytest's JUnit report. A runner that ends badly is a failure too. */
export function countPytest(xml, code) {
  const number = (name) => Number(new RegExp(`<testsuite [^>]*\\b${name}="(\\d+)"`).exec(xml)?.[1] ?? 0);
  const failed = number("failures") + number("errors");
  const skipped = number("skipped");
  return {
    passed: Math.max(0, number("tests") - failed - skipped),
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped,
  };
}

/** Runs the tests of clients/python, and counts them. */
export async function testPython() {
  const out = mkdtempSync(join(tmpdir(), "maxsimd-pytest-"));
  try {
    const file = join(out, "report.xml");
    const ran = await runPython(["-m", "pytest", `--junitxml=${file}`], { echo: true });
    if (ran === undefined) return { passed: 0, failed: 0, skipped: 0 };
    return countPytest(existsSync(file) ? readFileSync(file, "utf8") : "", ran.code);
  } catch (error) {
    console.error(error.message);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(out, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] !== "generate") {
    console.error(`expected generate, got ${process.argv[2] ?? "nothing"}`);
    process.exitCode = 2;
  } else {
    const ran = await runPython(["generate.py"]);
    for (const problem of ran === undefined ? [] : report(ran)) console.error(problem);
    process.exitCode = ran?.code ?? 1;
  }
}
