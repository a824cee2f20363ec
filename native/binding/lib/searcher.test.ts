import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { corpus, corpusFiles, QUICK } from "../testing/corpus.js";
import { Index } from "./index.js";

// The promise: a thread that ends releases the searchers that it did not close, and with the last one the mapping.

const WORKER = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.module).then(({ Searcher }) => {
  new Searcher(workerData.id);
  parentPort.once("message", () => undefined); // Then nothing keeps the thread alive.
  parentPort.postMessage("open");
});
`;

test.skipIf(process.platform !== "linux")("a thread that ends releases its searchers", async () => {
  const data = corpus({ documents: 40, dim: 8, types: 4 });
  const files = corpusFiles(data);
  const path = files.path("thread.maxsim");
  const isMapped = () => readFileSync("/proc/self/maps", "utf8").includes(path);
  const options = { ...QUICK, output: path };
  const index = await Index.build(files.vectors, files.tokenIds, files.doclens, options);
  const module = new URL("../dist/searching.js", import.meta.url).href;
  const worker = new Worker(WORKER, { eval: true, workerData: { module, id: index.id } });
  await once(worker, "message");
  index.close();
  expect(isMapped()).toBe(true);
  worker.postMessage("end");
  await once(worker, "exit");
  expect(isMapped()).toBe(false);
  files.remove();
});
