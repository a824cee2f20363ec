import { existsSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { badInput, EncoderError } from "./encoder-error.js";
import type { Sequence } from "./sequences.js";

/** Where exports put the graph. */
const MODEL_FILES = ["model.onnx", join("onnx", "model.onnx")];
const NEEDED = ["input_ids", "attention_mask"];
const KNOWN = [...NEEDED, "token_type_ids"];

/** Vectors of a batch, [sequences, length, dim], padding included. */
export interface ModelOutput {
  readonly data: Float32Array;
  readonly length: number;
  readonly dim: number;
}

/** An ONNX graph that gives a vector to each token of a batch of sequences. */
export class Model {
  readonly path: string;
  readonly #session: InferenceSession;
  readonly #output: string;

  /**
   * Loads the graph of a folder.
   *
   * @param threads of one run; 0 = one for each core
   * @throws EncoderError NOT_FOUND without a graph, INVALID_INPUT for one that does not load, or has other inputs and outputs
   */
  static async load(folder: string, threads: number): Promise<Model> {
    const path = MODEL_FILES.map((name) => join(folder, name)).find((file) => existsSync(file));
    if (path === undefined) {
      const message = `${folder}: expected ${MODEL_FILES.join(" or ")}, got a folder without a model`;
      throw new EncoderError("NOT_FOUND", message);
    }
    let session: InferenceSession;
    try {
      // Errors only: a graph of another opset makes it write warnings to standard error.
      session = await InferenceSession.create(path, { intraOpNumThreads: threads, logSeverityLevel: 3 });
    } catch (cause) {
      throw badInput(path, "an ONNX model", (cause as Error).message.replaceAll(/\s+/g, " "), cause);
    }
    return new Model(path, session);
  }

  private constructor(path: string, session: InferenceSession) {
    this.path = path;
    this.#session = session;
    const { inputNames } = session;
    if (NEEDED.some((name) => !inputNames.includes(name)) || inputNames.some((name) => !KNOWN.includes(name))) {
      throw badInput(path, `the inputs ${NEEDED.join(", ")} and perhaps token_type_ids`, inputNames.join(", "));
    }
    const vectors = session.outputMetadata.find(
      (output) => output.isTensor && output.type === "float32" && output.shape.length === 3,
    );
    if (vectors === undefined) {
      throw badInput(path, "an output of 32-bit floats, [batch, length, dim]", session.outputNames.join(", "));
    }
    this.#output = vectors.name;
  }

  /**
   * Runs a batch. Sequences that are shorter than the longest are filled with `padId`, which nothing attends to.
   *
   * @throws EncoderError INVALID_INPUT if the graph fails, or gives another shape than [sequences, length, dim]
   */
  async run(batch: readonly Sequence[], padId: number): Promise<ModelOutput> {
    const length = Math.max(...batch.map(({ ids }) => ids.length));
    const size = batch.length * length;
    const ids = new BigInt64Array(size).fill(BigInt(padId));
    const mask = new BigInt64Array(size);
    for (const [row, sequence] of batch.entries()) {
      for (const [column, id] of sequence.ids.entries()) ids[row * length + column] = BigInt(id);
      mask.fill(1n, row * length, row * length + sequence.attended);
    }
    const given: Record<string, BigInt64Array> = { input_ids: ids, attention_mask: mask };
    const feeds = this.#session.inputNames.map((name) => {
      const values = given[name] ?? new BigInt64Array(size);
      return [name, new Tensor("int64", values, [batch.length, length])];
    });
    let output: Tensor | undefined;
    try {
      output = (await this.#session.run(Object.fromEntries(feeds), [this.#output]))[this.#output];
    } catch (cause) {
      const got = (cause as Error).message.replaceAll(/\s+/g, " ");
      throw badInput(this.path, `a model that runs ${batch.length} sequences of ${length} tokens`, got, cause);
    }
    const [rows, columns, dim = 0] = output?.dims ?? [];
    if (rows !== batch.length || columns !== length) {
      throw badInput(this.path, `${this.#output} of [${batch.length}, ${length}, dim]`, `[${output?.dims.join(", ")}]`);
    }
    return { data: output?.data as Float32Array, length, dim };
  }
}
