import { existsSync } from "node:fs";
import { join } from "node:path";
import { badInput } from "./encoder-error.js";
import { Model } from "./model.js";
import { type Sequence, Sequences, type TextKind } from "./sequences.js";
import { type EncoderSettings, readObject, readSettings } from "./settings.js";

/** Token vectors of several texts, one text after another. */
export interface EncodedTexts {
  /** f32 [tokens, dim], row-major. */
  readonly vectors: Float32Array;
  /** Vocabulary id of each token. */
  readonly tokenIds: Uint32Array;
  /** Number of tokens of each text. */
  readonly lengths: Int32Array;
}

/** Where an encoder is, and how it runs. */
export interface EncoderOptions {
  readonly folder: string;
  /** Threads of one run of the model; 0 = one for each core. */
  readonly threads: number;
}

/** Tokens of one run of the model, padding included: more is not faster, and takes more memory. */
const BATCH_TOKENS = 2048;
/** Below this length a vector counts as zero, and stays as it is. */
const LEAST_NORM = 1e-12;

/** An encoder in this thread, which is busy while the model runs. */
export class LocalEncoder {
  readonly dim: number;
  readonly warnings: readonly string[];
  readonly #settings: EncoderSettings;
  readonly #sequences: Sequences;
  readonly #model: Model;

  /** Loads an encoder, and runs it once to learn its dim. @throws EncoderError */
  static async load({ folder, threads }: EncoderOptions): Promise<LocalEncoder> {
    const { settings, warnings } = readSettings(folder);
    const path = join(folder, "tokenizer.json");
    const config = join(folder, "tokenizer_config.json");
    const details = existsSync(config) ? readObject(config) : {};
    const sequences = new Sequences(readObject(path), details, settings, path);
    const model = await Model.load(folder, threads);
    const { dim } = await model.run([sequences.of("a", "query")], sequences.padId);
    if (settings.dim !== undefined && settings.dim !== dim) {
      throw badInput(model.path, `vectors of dim ${settings.dim}, as embedding_dim says`, `dim ${dim}`);
    }
    return new LocalEncoder(dim, warnings, settings, sequences, model);
  }

  private constructor(
    dim: number,
    warnings: readonly string[],
    settings: EncoderSettings,
    sequences: Sequences,
    model: Model,
  ) {
    this.dim = dim;
    this.warnings = warnings;
    this.#settings = settings;
    this.#sequences = sequences;
    this.#model = model;
  }

  /** Encodes texts, similar lengths together. @throws EncoderError INVALID_INPUT for a vector that is not finite */
  async encode(texts: readonly string[], kind: TextKind): Promise<EncodedTexts> {
    const sequences = texts.map((text) => this.#sequences.of(text, kind));
    const lengths = Int32Array.from(sequences, ({ kept }) => kept.length);
    const starts = startsOf(lengths);
    const tokens = starts.at(-1) as number;
    const vectors = new Float32Array(tokens * this.dim);
    for (const batch of batchesOf(sequences)) {
      const parts = batch.map((position) => sequences[position] as Sequence);
      const { data, length } = await this.#model.run(parts, this.#sequences.padId);
      for (const [row, position] of batch.entries()) {
        let to = (starts[position] as number) * this.dim;
        for (const token of parts[row]?.kept ?? []) {
          const from = (row * length + token) * this.dim;
          vectors.set(data.subarray(from, from + this.dim), to);
          this.#finish(vectors.subarray(to, to + this.dim));
          to += this.dim;
        }
      }
    }
    const tokenIds = Uint32Array.from(sequences.flatMap(({ ids, kept }) => kept.map((token) => ids[token] as number)));
    return { vectors, tokenIds, lengths };
  }

  /** Normalises a vector in place, if the settings ask for it. */
  #finish(vector: Float32Array): void {
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    if (!Number.isFinite(norm)) throw badInput(this.#model.path, "finite vectors", "one that is not finite");
    if (!this.#settings.normalize || norm < LEAST_NORM) return;
    for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / norm;
  }
}

/** Where the tokens of each text begin, and last where they end. */
function startsOf(lengths: Int32Array): number[] {
  let sum = 0;
  return [0, ...Array.from(lengths, (length) => (sum += length))];
}

/** Positions of sequences that run together: sorted by length, so that little is padding. */
function batchesOf(sequences: readonly Sequence[]): number[][] {
  const lengthOf = (position: number): number => sequences[position]?.ids.length ?? 0;
  const order = [...sequences.keys()].sort((a, b) => lengthOf(a) - lengthOf(b));
  const batches: number[][] = [];
  let batch: number[] = [];
  for (const position of order) {
    if (batch.length > 0 && (batch.length + 1) * lengthOf(position) > BATCH_TOKENS) {
      batches.push(batch);
      batch = [];
    }
    batch.push(position);
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}
