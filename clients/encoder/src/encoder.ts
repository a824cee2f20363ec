import { Piscina } from "piscina";
import { EncoderError } from "./encoder-error.js";
import type { Task, TaskResult } from "./encoder-thread.js";
import type { EncodedTexts, EncoderOptions } from "./local-encoder.js";
import type { TextKind } from "./sequences.js";

/** A ColBERT-style encoder in a thread of its own: texts in, token vectors out. */
export class Encoder {
  /** Numbers in each vector. */
  readonly dim: number;
  /** Sentences about settings of the folder that are not known. */
  readonly warnings: readonly string[];
  readonly #pool: Piscina<Task, TaskResult>;
  readonly #options: EncoderOptions;

  /**
   * Opens the encoder of a folder with `tokenizer.json`, `model.onnx` and a settings file.
   *
   * @param threads of one run of the model; 0 = one for each core
   * @throws EncoderError for a file that is missing or cannot be used
   */
  static async open(folder: string, threads = 0): Promise<Encoder> {
    const options = { folder, threads };
    const pool = new Piscina<Task, TaskResult>({
      ...{ filename: new URL("../dist/encoder-thread.js", import.meta.url).href, name: "encodeTexts" },
      // One thread, which is never ended: a model takes a second to load.
      ...{ minThreads: 1, maxThreads: 1, idleTimeout: Number.POSITIVE_INFINITY },
    });
    try {
      const { dim, warnings } = await run(pool, { options, texts: [], kind: "document" });
      return new Encoder(pool, options, dim, warnings);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  private constructor(
    pool: Piscina<Task, TaskResult>,
    options: EncoderOptions,
    dim: number,
    warnings: readonly string[],
  ) {
    this.#pool = pool;
    this.#options = options;
    this.dim = dim;
    this.warnings = warnings;
  }

  /** Encodes texts, after those that were given before. @throws EncoderError INVALID_INPUT if the model fails */
  async encode(texts: readonly string[], kind: TextKind): Promise<EncodedTexts> {
    return (await run(this.#pool, { options: this.#options, texts, kind })).encoded;
  }

  /**
   * Ends the thread when the texts that it encodes are done. Those that wait are not encoded, and their calls reject. (A thread that is
   * ended while ONNX Runtime runs in it takes the process with it.)
   */
  async close(): Promise<void> {
    await this.#pool.close({ force: true });
  }
}

async function run(pool: Piscina<Task, TaskResult>, task: Task): Promise<Exclude<TaskResult, { failure: unknown }>> {
  const result = await pool.run(task);
  if ("failure" in result) throw new EncoderError(result.failure.code, result.failure.message);
  return result;
}
