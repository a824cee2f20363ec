// A server with two workers over one file, in a process of its own: says its address, then for each line of input how much
// memory the process holds. Ends with its input.

import process from "node:process";
import { createInterface } from "node:readline";
import { start } from "@maxsimd/server";

const WORKERS = 2;
const server = await start({ index: process.argv[2], port: 0, workers: WORKERS, log: { level: "error" } });
console.log(JSON.stringify({ address: server.dataAddress }));
for await (const _line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify({ rss: process.memoryUsage.rss(), workers: WORKERS }));
}
await server.drain();
