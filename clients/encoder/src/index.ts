/** Texts to token vectors, with a ColBERT-style ONNX model. */

export { Encoder } from "./encoder.js";
export { EncoderError, type EncoderErrorCode } from "./encoder-error.js";
export type { EncodedTexts } from "./local-encoder.js";
export type { TextKind } from "./sequences.js";
