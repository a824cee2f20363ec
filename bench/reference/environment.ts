import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The published package, and what its step script needs. */
export const REFERENCE = { package: "tachiom", version: "0.4.0", numpy: "2.4.6" } as const;
/** The version of Python that the wheels are published for. */
const PYTHON = "3.12";
/** Tags of the wheels. By itself, pip refuses tachiom's with an older C library, although the module loads there. */
const PLATFORMS = ["2_39", "2_28", "2_27", "2_17"].map(
  (library) => `manylinux_${library}_${process.arch === "arm64" ? "aarch64" : "x86_64"}`,
);

/** Returns the Python of a virtual environment with the reference, and creates the environment if it is missing. */
export function prepareEnvironment(folder: string): string {
  const environment = join(folder, "venv312");
  const python = join(environment, "bin/python");
  if (existsSync(python) && canImport(python)) return python;
  const machine = findPython();
  process.stderr.write(`reference: making the Python environment in ${environment}\n`);
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  need(machine, ["-m", "venv", environment], "the venv module of Python is missing (apt install python3-venv)");
  const site = spawnSync(python, ["-c", "import sysconfig; print(sysconfig.get_path('platlib'))"], {
    encoding: "utf8",
  });
  const packages = [`numpy==${REFERENCE.numpy}`, `${REFERENCE.package}==${REFERENCE.version}`];
  need(
    python,
    [
      ...["-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--only-binary", ":all:", "--no-deps"],
      ...PLATFORMS.flatMap((platform) => ["--platform", platform]),
      ...["--target", site.stdout.trim(), ...packages],
    ],
    "pip failed: its error is above",
  );
  if (!canImport(python)) throw new Error(`${REFERENCE.package} ${REFERENCE.version} was installed but does not load`);
  return python;
}

function canImport(python: string): boolean {
  return spawnSync(python, ["-c", `import ${REFERENCE.package}, numpy`], { stdio: "ignore" }).status === 0;
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
