import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { max, median, min } from "simple-statistics";
import type { Side } from "./run-step.js";
import type { Specs } from "./steps.js";
import { type ByEngine, ENGINES, type Engine } from "./variants.js";

const ROUNDS = 5;

/** Time of a query over the rounds, milliseconds; of a ratio, the ratio. */
interface Times {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Times the queries of each point on one thread of each engine, both with their index loaded.
 *
 * In each round, each point is run by one engine and then by the other, and which comes first alternates: whatever else the machine
 * does slows both alike. The first round warms up and does not count.
 *
 * @returns for each point, the time of the median query on each engine and the ratio of the two
 */
export async function timeSearches(sides: ByEngine<Side>, specs: ByEngine<Specs["timing"]>, work: string) {
  const engines = {
    maxsimd: await standBy(sides.maxsimd, specs.maxsimd, work),
    tachiom: await standBy(sides.tachiom, specs.tachiom, work),
  };
  const points = [...specs.maxsimd.points.keys()];
  try {
    const rounds = points.map((): Record<Engine, number>[] => []);
    for (let round = 0; round <= ROUNDS; round++) {
      for (const point of points) {
        const order = (round + point) % 2 === 0 ? ENGINES : ENGINES.toReversed();
        const times = { maxsimd: 0, tachiom: 0 };
        for (const engine of order) times[engine] = await engines[engine].run(point);
        if (round > 0) rounds[point]?.push(times);
      }
    }
    return rounds.map((each) => ({
      maxsimd: summary(each.map(({ maxsimd }) => maxsimd)),
      tachiom: summary(each.map(({ tachiom }) => tachiom)),
      "maxsimd/tachiom": summary(each.map(({ maxsimd, tachiom }) => maxsimd / tachiom)),
    }));
  } finally {
    for (const engine of ENGINES) engines[engine].end();
  }
}

function summary(values: readonly number[]): Times {
  return { median: median([...values]), low: min([...values]), high: max([...values]) };
}

/** Starts an engine's process, and waits until its index is loaded. */
async function standBy(side: Side, spec: Specs["timing"], work: string) {
  const file = join(work, `${side.engine}-timing.spec.json`);
  writeFileSync(file, JSON.stringify(spec));
  const [program = "", ...rest] = side.command;
  const child = spawn(program, [...rest, "timing", file], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  /** The field of the next line of JSON; a library may print other lines in between. */
  const next = async (field: string): Promise<number> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${side.engine} ended while it was timed: its error is above`);
      if (value.startsWith("{")) return JSON.parse(value)[field];
    }
  };
  await next("ready");
  return {
    run: (point: number) => {
      child.stdin.write(`${point}\n`);
      return next("milliseconds");
    },
    end: () => child.stdin.end(),
  };
}
