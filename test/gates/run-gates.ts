import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Figure, type Gate, type GateContext, isWithin } from "./gate.js";
import { ServerProcess } from "./support/server-process.js";

/** What became of a gate. */
export interface Verdict {
  readonly id: string;
  readonly promise: string;
  readonly passed: boolean;
  readonly figures: readonly Figure[];
  /** Why it could not be measured; undefined if it was. */
  readonly failure: string | undefined;
  readonly seconds: number;
}

export interface RunOptions {
  readonly long: boolean;
  /** Runs with a twentieth of the numbers. */
  readonly quick: boolean;
  readonly seed: number;
  readonly onVerdict: (verdict: Verdict) => void;
}

/**
 * Runs gates: first those that measure time, each alone; then those in the background, next to the rest one after the other. So a soak of ten
 * minutes costs hardly more than the gates beside it.
 */
export async function runGates(gates: readonly Gate[], options: RunOptions): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const inOrder = async (some: readonly Gate[]): Promise<void> => {
    for (const gate of some) {
      const verdict = await runGate(gate, options);
      verdicts.push(verdict);
      options.onVerdict(verdict);
    }
  };
  const at = (place: Gate["place"]): Gate[] => gates.filter((gate) => gate.place === place);
  await inOrder(at("alone"));
  await Promise.all([inOrder(at("lane")), ...at("background").map((gate) => inOrder([gate]))]);
  return verdicts;
}

async function runGate(gate: Gate, { long, quick, seed }: RunOptions): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), `maxsimd-gate-${gate.id.toLowerCase()}-`));
  const servers: ServerProcess[] = [];
  const context: GateContext = {
    folder,
    long,
    count: (often) => (quick ? Math.ceil(often / 20) : often),
    seed,
    async serve(args, execArgv, env) {
      const server = await ServerProcess.start(args, execArgv, env);
      servers.push(server);
      return server;
    },
  };
  const began = performance.now();
  let figures: readonly Figure[] = [];
  let failure: string | undefined;
  try {
    figures = await gate.run(context);
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
  }
  for (const server of servers) {
    server.signal("SIGKILL");
    await server.ended;
  }
  rmSync(folder, { recursive: true, force: true });
  const passed = failure === undefined && figures.length > 0 && figures.every(isWithin);
  const seconds = (performance.now() - began) / 1000;
  return { id: gate.id, promise: gate.promise, passed, figures, failure, seconds };
}
