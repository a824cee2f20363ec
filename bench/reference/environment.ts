import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What is compared with, and what its step script needs. */
export const REFERENCE = { package: "tachiom", version: "0.4.0", numpy: "2.4.6" } as const;
/** The published wheels are built for it. */
const PYTHON = "3.12";
/** The wheel's own tag; pip refuses it on an older C library, with which the module loads nonetheless. */
const PLATFORM = "manylinux_2_39_x86_64";

/** The Python of the virtual environment with the reference, which is made where it is missing. */
export function prepareEnvironment(folder: string): string {
  const environment = join(folder, "venv312");
  const python = join(environment, "bin/python");
  if (existsSync(python) && canImport(python)) return python;
  const machine = findPython();
  process.stderr.write(`reference: making the Python environment in ${environment}\n`);
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  need(machine, ["-m", "venv", environment], "the venv module of Python is missing (apt install python3-venv)");
  pip(python, ["install", "--only-binary", ":all:", `numpy==${REFERENCE.numpy}`]);
  installReference(python, join(folder, "wheel"));
  if (!canImport(python)) throw new Error(`${REFERENCE.package} ${REFERENCE.version} was installed but does not load`);
  return python;
}

/** pip where it will; else the wheel is unpacked, which is all that pip does with it. */
function installReference(python: string, wheels: string): void {
  const wanted = `${REFERENCE.package}==${REFERENCE.version}`;
  const direct = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", wanted];
  if (spawnSync(python, direct, { stdio: "ignore" }).status === 0) return;
  pip(python, [
    ...["download", "--no-deps", "--only-binary", ":all:", "--python-version", PYTHON],
    ...["--platform", PLATFORM, "--dest", wheels, wanted],
  ]);
  const wheel = readdirSync(wheels).find((file) => file.startsWith(`${REFERENCE.package}-${REFERENCE.version}-`));
  if (wheel === undefined) throw new Error(`pip downloaded no wheel of ${wanted} into ${wheels}`);
  const where = spawnSync(python, ["-c", "import sysconfig; print(sysconfig.get_path('platlib'))"], {
    encoding: "utf8",
  });
  need(python, ["-m", "zipfile", "-e", join(wheels, wheel), where.stdout.trim()], `${wheel} cannot be unpacked`);
}

function canImport(python: string): boolean {
  return spawnSync(python, ["-c", `import ${REFERENCE.package}, numpy`], { stdio: "ignore" }).status === 0;
}

function pip(python: string, rest: string[]): void {
  need(python, ["-m", "pip", "--quiet", "--disable-pip-version-check", ...rest], "pip failed: see above");
}

function need(program: string, rest: string[], otherwise: string): void {
  const { status } = spawnSync(program, rest, { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(otherwise);
}

function findPython(): string {
  const versions = join(homedir(), ".pyenv/versions");
  const pyenv = existsSync(versions) ? readdirSync(versions).filter((name) => name.startsWith(`${PYTHON}.`)) : [];
  const candidates = [`python${PYTHON}`, "python3", ...pyenv.map((name) => join(versions, name, "bin/python3"))];
  const ask = ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"];
  const found = candidates.find(
    (candidate) => spawnSync(candidate, ask, { encoding: "utf8" }).stdout?.trim() === PYTHON,
  );
  if (found === undefined) {
    throw new Error(
      `Python ${PYTHON} is missing, for which ${REFERENCE.package} is published: install python${PYTHON} and run this again`,
    );
  }
  return found;
}
