// Loads the native library, whose declarations the build writes to gen/; nothing else loads it.

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { fromNative } from "./errors.js";

type Addon = typeof import("../gen/addon.js");

function load(): Addon {
  const name = `maxsimd.${process.platform}-${process.arch}.node`;
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (cause) {
    throw new Error(`cannot load the native library ${name}: run "npm run build:native"`, { cause });
  }
}

/** Makes a native function throw, and reject with, a MaxsimError. */
function typed(native: (...args: unknown[]) => unknown) {
  return (...args: unknown[]): unknown => {
    try {
      const result = native(...args);
      if (!(result instanceof Promise)) return result;
      return result.catch((thrown) => {
        throw fromNative(thrown);
      });
    } catch (thrown) {
      throw fromNative(thrown);
    }
  };
}

const functions = Object.entries(load()) as [string, (...args: unknown[]) => unknown][];

/** The functions of the native library. Every error is a MaxsimError. */
export const addon = Object.fromEntries(functions.map(([name, native]) => [name, typed(native)])) as unknown as Addon;
