// Loads the native library, whose declarations the build writes to gen/; nothing else loads it.

import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { fromNative } from "./errors.js";
import { PLATFORMS, platformOf } from "./platform.js";

type Addon = typeof import("../gen/addon.js");

/** In the tree the library is where `npm run build:native` puts it. A published package has it in a package for its platform. */
function load(): Addon {
  const require = createRequire(import.meta.url);
  const built = `maxsimd.${process.platform}-${process.arch}.node`;
  const path = fileURLToPath(new URL(`../${built}`, import.meta.url));
  try {
    return require(existsSync(path) ? path : `@maxsimd/native-${platformOf(process)}`) as Addon;
  } catch (cause) {
    throw new Error(explain(platformOf(process), cause), { cause });
  }
}

function explain(platform: string, cause: unknown): string {
  const missing = (cause as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND";
  if (!PLATFORMS.includes(platform)) {
    return `cannot load the native library of @maxsimd/native: expected one of ${PLATFORMS.join(", ")}, got ${platform}`;
  }
  if (!missing) return `cannot load the native library of @maxsimd/native for ${platform}: ${String(cause)}`;
  return (
    `cannot load the native library: the package @maxsimd/native-${platform} is not installed; install @maxsimd/native again ` +
    'without --omit=optional, on the system that runs it (in a clone: "npm run build:native")'
  );
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
