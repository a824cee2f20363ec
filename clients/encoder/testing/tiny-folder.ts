/** The tiny encoder in testing/tiny, and copies of it that differ. `npm run datasets -- tiny-encoder` made its model. */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the tiny encoder: vectors of 8 numbers, queries of 10 tokens with expansion, documents of 8 tokens. */
export const TINY = fileURLToPath(new URL("./tiny", import.meta.url));

const created: string[] = [];

/** A copy whose settings have other values. A key that is undefined is left out. */
export function tinyWith(settings: Record<string, unknown> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "maxsimd-encoder-"));
  created.push(folder);
  cpSync(TINY, folder, { recursive: true });
  const path = join(folder, "onnx_config.json");
  const changed = { ...JSON.parse(readFileSync(path, "utf8")), ...settings };
  writeFileSync(path, JSON.stringify(changed));
  return folder;
}

/** Deletes the copies. */
export function removeCopies(): void {
  for (const folder of created.splice(0)) rmSync(folder, { recursive: true });
}

/** Ids of the tiny vocabulary, by token. */
export const ID = new Map<string, number>(
  Object.entries(JSON.parse(readFileSync(join(TINY, "tokenizer.json"), "utf8")).model.vocab),
);

/** The ids of tokens that are written with spaces between them. */
export function idsOf(tokens: string): number[] {
  return tokens.split(" ").map((token) => ID.get(token) as number);
}

/**
 * The unit vectors that the tiny encoder's formula gives, computed directly; see bench/datasets/tiny_encoder.py.
 *
 * @param ids all tokens of a sequence
 * @param attended how many of them, from the first on, are attended to
 * @param normalize whether vectors have length 1
 */
export function formula(ids: readonly number[], attended: number, normalize = true): number[][] {
  const row = (id: number) => Array.from({ length: 8 }, (_, j) => ((7 * id + 3 * j) % 11) - 5);
  const rows = ids.slice(0, attended).map(row);
  const mean = (j: number) => rows.reduce((sum, values) => sum + (values[j] as number), 0) / attended;
  return ids.map((id) => {
    const vector = row(id).map((value, j) => value + mean(j) / 10);
    const norm = normalize ? Math.hypot(...vector) : 1;
    return vector.map((value) => value / norm);
  });
}
