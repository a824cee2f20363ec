import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Both, TimingFigures } from "./comparison.js";
import type { Side } from "./run-step.js";
import type { TimingSpec } from "./steps.js";

const ROUNDS = 5;

/**
 * Both sides stand by with their index loaded, and answer the queries of one point after another on one thread, by turns: what
 * else the machine does falls on both alike. The first round of each warms up and does not count.
 */
export async function timeSearches(sides: Both<Side>, specs: Both<TimingSpec>, work: string): Promise<TimingFigures> {
  const ours = await standBy(sides.ours, specs.ours, work);
  const reference = await standBy(sides.reference, specs.reference, work);
  const points = specs.ours.points.map((_, number) => number);
  try {
    const rounds: Both<number>[][] = points.map(() => []);
    for (let round = 0; round <= ROUNDS; round++) {
      for (const point of points) {
        const first = (round + point) % 2 === 0 ? ours : reference;
        const a = await first.run(point);
        const b = await (first === ours ? reference : ours).run(point);
        if (round > 0) rounds[point]?.push(first === ours ? { ours: a, reference: b } : { ours: b, reference: a });
      }
    }
    const medians = (figure: (round: Both<number>) => number) => rounds.map((each) => median(each.map(figure)));
    return {
      ours: medians((round) => round.ours),
      reference: medians((round) => round.reference),
      ratio: medians((round) => round.ours / round.reference),
      rounds: ROUNDS,
      queries: specs.ours.most,
    };
  } finally {
    ours.end();
    reference.end();
  }
}

async function standBy(side: Side, spec: TimingSpec, work: string) {
  const file = join(work, `${side.name}-timing.spec.json`);
  writeFileSync(file, JSON.stringify(spec));
  const [program = "", ...rest] = side.command;
  const child: ChildProcess = spawn(program, [...rest, "timing", file], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  /** The next line with the field: a library may say something in between. */
  const next = async (field: string): Promise<number> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${side.name} ended while it was timed: see what it says above`);
      if (value.startsWith("{")) return JSON.parse(value)[field];
    }
  };
  await next("ready");
  return {
    run: (point: number) => {
      child.stdin?.write(`${point}\n`);
      return next("milliseconds");
    },
    end: () => child.stdin?.end(),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] as number) + (sorted[Math.floor(middle)] as number)) / 2;
}
