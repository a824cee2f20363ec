// Asks the queries that standard input describes with the TypeScript client: unary, batch and stream. Prints ids and scores as JSON.

import { readFileSync } from "node:fs";
import process from "node:process";

const { address, vectors, lens, dim, k, client: path } = JSON.parse(readFileSync(0, "utf8"));
const { MaxsimClient } = await import(path);

const bytes = readFileSync(vectors);
const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
let at = 0;
const queries = lens.map((rows) => {
  const data = all.slice(at, at + rows * dim);
  at += rows * dim;
  return { data, dim };
});

const client = new MaxsimClient(address);
const plain = ({ ids, scores }) => ({ ids: [...ids], scores: [...scores] });
const unary = [];
for (const query of queries) unary.push(plain(await client.search(query, { k })));

const batch = [];
for (let first = 0; first < queries.length; first += 200) {
  batch.push(...(await client.searchBatchAll(queries.slice(first, first + 200), { k })).map(plain));
}

const stream = [];
const source = queries.map((query, id) => ({ id, query }));
for await (const outcome of client.searchStream(source, { params: { k } })) stream[outcome.id] = plain(outcome);
client.close();
process.stdout.write(JSON.stringify({ unary, batch, stream }));
