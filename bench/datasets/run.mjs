// Makes the Python environment of the data sets if it is missing, then a data set: see README.md.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const PYTHON_LEAST = [3, 10];

const here = dirname(fileURLToPath(import.meta.url));
const environment = join(dirname(here), ".cache", "venv");
const python = join(environment, ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));
const requirements = join(here, "requirements.txt");

/** The machine's Python. Without one, ends the process with a sentence that says what is missing. */
function findPython() {
  const ask = ["-c", "import sys; print(*sys.version_info[:2])"];
  for (const command of ["python3", "python"]) {
    const { status, stdout } = spawnSync(command, ask, { encoding: "utf8" });
    if (status !== 0) continue;
    const [major = 0, minor = 0] = stdout.trim().split(" ").map(Number);
    if (major > PYTHON_LEAST[0] || (major === PYTHON_LEAST[0] && minor >= PYTHON_LEAST[1])) return command;
  }
  return fail(
    `Python ${PYTHON_LEAST.join(".")} or newer is missing: install python3 (Debian and Ubuntu: apt install python3 python3-venv) and run this again.`,
  );
}

/** Creates the environment and installs the pinned packages, unless they are already installed. */
function prepareEnvironment() {
  const stamp = join(environment, "requirements.sha256");
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  const machinePython = findPython();
  process.stderr.write(`datasets: making the Python environment in ${environment}\n`);
  rmSync(environment, { recursive: true, force: true });
  const made = spawnSync(machinePython, ["-m", "venv", environment], { encoding: "utf8" });
  if (made.status !== 0) {
    rmSync(environment, { recursive: true, force: true });
    fail(
      `${machinePython} cannot make a virtual environment: install its venv module (Debian and Ubuntu: apt install python3-venv) and run this again.\n${made.stdout}${made.stderr}`,
    );
  }
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:"];
  const installed = spawnSync(python, [...pip, "-r", requirements], { stdio: ["ignore", "inherit", "inherit"] });
  if (installed.status !== 0) fail("pip could not install the packages of bench/datasets/requirements.txt: see above.");
  writeFileSync(stamp, digest);
}

function fail(message) {
  process.stderr.write(`datasets: ${message}\n`);
  return process.exit(1);
}

const [dataset, ...options] = process.argv.slice(2);
if (dataset === undefined)
  fail("expected cranfield, debian, sample or encoder, got nothing: npm run datasets -- sample");
prepareEnvironment();
const { status, error } = spawnSync(python, [join(here, "make.py"), dataset, ...options], { stdio: "inherit" });
if (error !== undefined) fail(`the Python of the environment did not start: ${error.message}`);
process.exitCode = status ?? 1;
