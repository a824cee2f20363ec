// Loaded with `--import` into each thread of a server: in place of the native library it loads the one that PANIC_LIBRARY names, which can panic
// on purpose. In the main thread the signal SIGUSR2 turns the panics on, with the odds of PANIC_ODDS (of calls, of places in them), and the next
// one turns them off. Each time a line of JSON on standard error says so, with the number of panics so far.

import { isMainThread } from "node:worker_threads";

const { dlopen } = process;
process.dlopen = (module, path, ...rest) => {
  const isOurs = /[/\\]maxsimd\.[\w-]+\.node$/.test(path);
  const result = dlopen(module, isOurs ? process.env.PANIC_LIBRARY : path, ...rest);
  if (isOurs && isMainThread) answerSignals(module.exports.injectPanics);
  return result;
};

function answerSignals(injectPanics) {
  const odds = process.env.PANIC_ODDS.split(",").map(Number);
  let on = false;
  process.on("SIGUSR2", () => {
    on = !on;
    const panics = injectPanics(...(on ? odds : [0, 0]));
    process.stderr.write(`${JSON.stringify({ msg: on ? "panics on" : "panics off", panics })}\n`);
  });
}
