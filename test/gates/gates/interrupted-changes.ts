import { type Bug, type Figure, type Gate, never } from "../gate.js";
import { runCargo } from "../support/child-process.js";

interface Row {
  readonly id: string;
  readonly runs: number;
  readonly wrong: readonly string[];
}

/** The one run whose rows both gates report: every system call of every operation, whatever the tier. */
let rows: Promise<readonly Row[]> | undefined;

async function faults(): Promise<readonly Row[]> {
  const args = ["test", "--quiet", "--locked", "-p", "maxsimd-core", "--test", "faults", "--", "--json"];
  const { code, output } = await runCargo(args);
  const line = output.split("\n").find((text) => text.startsWith("["));
  if (line === undefined) throw new Error(`the test of faults ended with ${code}: ${output}`);
  return JSON.parse(line) as Row[];
}

function gate(id: string, promise: string, runs: string, bug: Bug): Gate {
  return {
    id,
    promise,
    place: "lane",
    bug,
    async run(): Promise<Figure[]> {
      rows ??= faults();
      const row = (await rows).find((each) => each.id === id);
      if (row === undefined) throw new Error(`the test of faults has no row ${id}`);
      return [{ what: runs, got: row.runs, least: 100 }, never(bug.caughtBy, row.wrong)];
    },
  };
}

/** What both count as a failure. */
const FAILURES = "states that are neither old nor new, or damaged";

export const s1 = gate(
  "S1",
  "A build, save, swap, upsert, delete, compaction or removal that is killed at any system call leaves the old state or the new one.",
  "kills",
  {
    what: "the pointer is stored before the version that it names",
    caughtBy: FAILURES,
    edits: [
      {
        file: "native/core/src/collection/change.rs",
        from: "        draft.manifest.write(&draft.deleted, &self.path(&label)?)?;\n        store_current(self.folder(), &label)?;\n",
        to: "        store_current(self.folder(), &label)?;\n        draft.manifest.write(&draft.deleted, &self.path(&label)?)?;\n",
      },
    ],
  },
);

export const s2 = gate(
  "S2",
  "ENOSPC, EIO, EINTR and short writes at any system call of these operations are typed errors that change nothing.",
  "failed calls",
  {
    what: "a rename that fails is not noticed",
    caughtBy: FAILURES,
    edits: [
      {
        file: "native/core/src/storage/atomic_file.rs",
        from: '        file.persist(&self.target).map_err(|e| io("rename", e.error))?;\n        File::open',
        to: "        let _ = file.persist(&self.target);\n        File::open",
      },
    ],
  },
);
