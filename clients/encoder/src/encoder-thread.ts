/** What the thread of an encoder runs: it loads the encoder with its first task, and keeps it. */

import { EncoderError, type EncoderErrorCode } from "./encoder-error.js";
import { type EncodedTexts, type EncoderOptions, LocalEncoder } from "./local-encoder.js";
import type { TextKind } from "./sequences.js";

/** Texts to encode; without texts the encoder is loaded. */
export interface Task {
  readonly options: EncoderOptions;
  readonly texts: readonly string[];
  readonly kind: TextKind;
}

/** Errors travel as values, because a thrown one loses its code on the way to another thread. */
export type TaskResult =
  | { readonly encoded: EncodedTexts; readonly dim: number; readonly warnings: readonly string[] }
  | { readonly failure: { readonly code: EncoderErrorCode; readonly message: string } };

let loaded: Promise<LocalEncoder> | undefined;

/** Does a task. */
export async function encodeTexts({ options, texts, kind }: Task): Promise<TaskResult> {
  try {
    loaded ??= LocalEncoder.load(options);
    const encoder = await loaded;
    return { encoded: await encoder.encode(texts, kind), dim: encoder.dim, warnings: encoder.warnings };
  } catch (error) {
    if (!(error instanceof EncoderError)) throw error;
    return { failure: { code: error.code, message: error.message } };
  }
}
