// Preloaded into each process of a rehearsal: appends the URLs of the modules that the process loads to the file that
// REHEARSAL_LOADS names. ES modules pass a hook, and what they import of CommonJS; what CommonJS requires is in its cache when the
// process ends.

import { appendFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";

const file = process.env.REHEARSAL_LOADS;

const hooks = `
import { appendFileSync } from "node:fs";
let file;
export function initialize(name) { file = name; }
export function load(url, context, next) { appendFileSync(file, url + "\\n"); return next(url, context); }
`;

register(`data:text/javascript,${encodeURIComponent(hooks)}`, { data: file });
process.on("exit", () => {
  const urls = Object.keys(createRequire(import.meta.url).cache).map((path) => `${pathToFileURL(path)}\n`);
  appendFileSync(file, urls.join(""));
});
