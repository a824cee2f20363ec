/** Input files with token types of all tiers, for tests of the reports. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeNpy } from "@maxsimd/native";
import { type CorpusFiles, writeCorpus } from "./small-corpus.js";

export interface TypedCorpusFiles extends CorpusFiles {
  vocabulary: string;
  judgements: string;
  queryTexts: string;
}

/** Tokens of each type, by id: 800 in all, for 160 documents of five. */
export const TYPE_COUNTS = [1, 9, 40, 90, 160, 500];
export const DOCUMENTS = 160;
export const TYPE_TEXTS = ["once", "<rare>", "some", "many", "more", "the"];

/**
 * Writes the small corpus with other token ids, a vocabulary, judgements and query texts. Query i has judgements of its own
 * document and of the next one; the last query has no judgements.
 */
export function writeTypedCorpus(folder: string): TypedCorpusFiles {
  const files = writeCorpus(folder, DOCUMENTS);
  const at = (name: string) => join(folder, name);
  const ids = TYPE_COUNTS.flatMap((count, id) => new Array<number>(count).fill(id));
  // 333 and 800 have no common factor, so each id is used once, far from its neighbours.
  const tokenIds = Uint32Array.from(ids, (_, i) => ids[(i * 333) % ids.length] as number);
  writeNpy(files.tokenIds, tokenIds, [tokenIds.length]);
  writeFileSync(at("vocab.txt"), `${TYPE_TEXTS.join("\n")}\n`);
  const judged = Array.from({ length: DOCUMENTS - 1 }, (_, i) => `${i}\t${i}\t1\n${i}\t${i + 1}\t2`);
  writeFileSync(at("qrels.tsv"), `${judged.join("\n")}\n`);
  const texts = Array.from({ length: DOCUMENTS }, (_, i) => JSON.stringify({ id: `q${i}`, text: `question <${i}>` }));
  writeFileSync(at("queries.jsonl"), `${texts.join("\n")}\n`);
  return { ...files, vocabulary: at("vocab.txt"), judgements: at("qrels.tsv"), queryTexts: at("queries.jsonl") };
}
