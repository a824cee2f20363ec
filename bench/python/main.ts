/** `npm run bench:python`: measures clients/python with its own scripts, and writes records. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { currentCircumstances } from "../record/circumstances.js";
import { benchmarkCommand } from "../record/command.js";
import { BenchmarkRecord } from "../record/record.js";
import type { CorpusFigures } from "./tables.js";

const USAGE = `Usage: npm run bench:python [-- --records FOLDER]

Writes a corpus of 4 million tokens next to a plain write of as many bytes, five times each, and goes from nothing to answers: wheel,
environment, index, server, searches. Takes minutes, 3 GB of disk, and packages from the network.`;

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const FOLDER = join(ROOT, "clients/python");

/** Runs a script of clients/python. Returns the lines of JSON that it prints. */
function measure<Line>(script: string, ...args: string[]): Line[] {
  const python = join(FOLDER, ".venv/bin/python");
  if (!existsSync(python))
    throw new Error("Python's environment is missing: run `npm run check -- python`, which makes it");
  const { status, stdout, stderr } = spawnSync(python, [join(FOLDER, script), ...args], {
    env: { ...process.env, PYTHONPATH: join(FOLDER, "src") },
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${script} failed: ${stderr}`);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

await benchmarkCommand(USAGE, join(ROOT, "bench/records"), (records) => {
  const corpus = new BenchmarkRecord("python", "corpus", currentCircumstances());
  for (const figures of measure<CorpusFigures>("measure_corpus.py", join(ROOT, "bench"))) {
    const { dtype, plain_write_mb_per_s: plain, write_corpus_mb_per_s: ours, share, peak_rss_mb, load } = figures;
    const parameters = { dtype, tokens: figures.tokens, dim: 128 };
    corpus.add("plain", parameters, "rate", "MB/s", plain.value, plain.low, plain.high);
    corpus.add("maxsimd", parameters, "rate", "MB/s", ours.value, ours.low, ours.high);
    corpus.add("maxsimd/plain", parameters, "rate", "", share);
    corpus.add("maxsimd", parameters, "peak_rss", "MB", peak_rss_mb);
    corpus.add("", parameters, "load", "", load);
  }
  console.log(corpus.save(records));

  const fresh = new BenchmarkRecord("python", "sample", currentCircumstances());
  const [way] = measure<{ seconds: Record<string, number> }>("measure_fresh.py");
  for (const [step, seconds] of Object.entries(way?.seconds ?? {})) {
    fresh.add("maxsimd", { step: step.replace(" ", "_") }, "time", "s", seconds);
  }
  console.log(fresh.save(records));
});
