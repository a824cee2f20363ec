import { type Bug, type Figure, type Gate, type GateContext, never } from "../gate.js";
import { runCargo } from "../support/child-process.js";

/** Trials of each test; `npm run damage -- --full` makes all that there are. */
const TRIALS = 100_000;

interface Outcome {
  readonly id: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly pass: boolean;
  readonly failures: readonly string[];
}

/** The one run whose outcomes all four gates report. */
let outcomes: Promise<readonly Outcome[]> | undefined;

async function damage({ seed, count, long }: GateContext): Promise<readonly Outcome[]> {
  const numbers = long ? ["--full"] : ["--count", String(count(TRIALS))];
  const { code, output } = await runCargo([
    ...["run", "--release", "--quiet", "--locked", "-p", "maxsimd-fuzz", "--bin", "damage", "--"],
    ...["--json", "--seed", String(seed), ...numbers],
  ]);
  const line = output.split("\n").find((text) => text.startsWith("{"));
  if (line === undefined) throw new Error(`the test of damaged files ended with ${code}: ${output}`);
  return (JSON.parse(line) as { outcomes: Outcome[] }).outcomes;
}

function gate(id: string, promise: string, trials: string, bug: Bug): Gate {
  return {
    id,
    promise,
    place: "lane",
    bug,
    async run(context): Promise<Figure[]> {
      outcomes ??= damage(context);
      const outcome = (await outcomes).find((each) => each.id === id);
      if (outcome === undefined) throw new Error(`the test of damaged files has no outcome ${id}`);
      const { figures, pass, failures } = outcome;
      return [
        { what: trials, got: figures[trials] ?? 0, least: 1 },
        never(
          bug.caughtBy,
          pass || failures.length > 0 ? failures : [`not within its limit: ${JSON.stringify(figures)}`],
        ),
      ];
    },
  };
}

/** What one of the four counts as a failure. */
const FAILURES = "files that are not refused as they must be";

export const f1 = gate("F1", "An index file with any changed bit or byte is refused with a typed error.", "trials", {
  what: "one section's checksum is not compared",
  caughtBy: FAILURES,
  edits: [
    {
      file: "native/core/src/format/pass.rs",
      from: "if computed.as_bytes() != &section.checksum {",
      to: "if computed.as_bytes() != &section.checksum && section.id != 17 {",
    },
  ],
});

export const f2 = gate("F2", "An index file of any other length is refused with a typed error.", "trials", {
  what: "a file may be shorter than its header says",
  caughtBy: FAILURES,
  edits: [
    {
      file: "native/core/src/format/container.rs",
      from: "if fixed.file_length == self.bytes.len() as u64 {",
      to: "if fixed.file_length >= self.bytes.len() as u64 {",
    },
  ],
});

export const f3 = gate(
  "F3",
  "A file with right checksums and hostile values is refused, or searched without a crash or a document that is not there.",
  "trials",
  {
    what: "groups of centroids may be empty",
    caughtBy: FAILURES,
    edits: [
      {
        file: "native/core/src/index/validate/codec.rs",
        from: "position(|ends| ends[0] == ends[1])",
        to: "position(|ends| ends[0] > ends[1])",
      },
    ],
  },
);

export const f5 = gate(
  "F5",
  "Files of each released format load; a future one, and one of the other byte order, is an error that names both.",
  "typed",
  {
    what: "a future format is read",
    caughtBy: FAILURES,
    edits: [
      {
        file: "native/core/src/format/container.rs",
        from: "if fixed.version != FORMAT_VERSION {",
        to: "if fixed.version > FORMAT_VERSION + 9 {",
      },
    ],
  },
);
