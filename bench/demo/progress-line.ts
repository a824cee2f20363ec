/** Progress of a build on standard error: one line that is rewritten on a terminal, plain lines elsewhere. */

import type { Progress } from "@maxsimd/native";

const BAR = 24;
const PLAIN_EVERY_MS = 2000;

export class ProgressLine {
  #last = 0;
  #stage = "";

  update({ stage, fraction, secondsLeft }: Progress): void {
    const left = secondsLeft === null ? "" : `, ${Math.ceil(secondsLeft)} s left`;
    const percent = `${Math.floor(fraction * 100)} %`;
    if (process.stderr.isTTY) {
      const filled = Math.round(fraction * BAR);
      const bar = "█".repeat(filled) + "░".repeat(BAR - filled);
      process.stderr.write(`\r\x1b[Kindex: ${stage} ${bar} ${percent}${left}`);
      return;
    }
    if (stage === this.#stage && Date.now() - this.#last < PLAIN_EVERY_MS) return;
    this.#stage = stage;
    this.#last = Date.now();
    process.stderr.write(`index: ${stage} ${percent}${left}\n`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  }
}
