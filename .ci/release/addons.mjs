// Where the native library of each platform is, once it is built.

import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "../tree.mjs";

/** Libraries that `npm run build:cross` made. */
export const BUILT = join(root, "dist/addons");

/** The library to publish for a platform: that of `npm run build:cross`, or for this machine that of `npm run build:native`. */
export function addonOf(platform) {
  const cross = join(BUILT, `${platform.name}.node`);
  if (existsSync(cross) || !isHere(platform)) return cross;
  return join(root, `native/binding/maxsimd.${process.platform}-${process.arch}.node`);
}

export function isBuilt(platform) {
  return existsSync(addonOf(platform));
}

/** Whether this process could load the platform's library. */
export function isHere({ node }) {
  const libc = process.platform === "linux" ? hereLibc() : undefined;
  return node.os === process.platform && node.cpu === process.arch && node.libc === libc;
}

function hereLibc() {
  return process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
}
