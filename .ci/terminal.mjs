// Progress of a long step: one line that is rewritten on a terminal, a plain line every few seconds elsewhere.

import process from "node:process";

const PLAIN_EVERY_MS = 5000;

/** Writes to standard error: standard output is for the command's results. */
export function createProgress(title) {
  const tty = process.stderr.isTTY === true;
  const started = Date.now();
  let last = 0;
  return {
    /** `done` of `total` items are finished; `now` names the current one. Without a total it shows the time only. */
    update(now, done = 0, total = 0) {
      const seconds = Math.round((Date.now() - started) / 1000);
      if (tty) {
        const width = 24;
        const filled = total > 0 ? Math.round((done / total) * width) : 0;
        const bar = total > 0 ? `${"█".repeat(filled)}${"░".repeat(width - filled)} ${done}/${total} ` : "";
        process.stderr.write(`\r\x1b[K${title} ${bar}${seconds} s ${now}`);
      } else if (Date.now() - last >= PLAIN_EVERY_MS) {
        last = Date.now();
        const share = total > 0 ? `${done} of ${total}, ` : "";
        process.stderr.write(`${title}: ${share}${seconds} s, ${now}\n`);
      }
    },
    /** Clears the line, so that something else can be printed. */
    clear() {
      if (tty) process.stderr.write("\r\x1b[K");
    },
    /** Prints one line that stays, unless the work took less than two seconds. */
    finish(what) {
      this.clear();
      const seconds = (Date.now() - started) / 1000;
      if (seconds >= 2) process.stderr.write(`${title}: ${what} in ${seconds.toFixed(0)} s\n`);
    },
  };
}
