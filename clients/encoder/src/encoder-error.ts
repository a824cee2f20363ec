/** `NOT_FOUND`: a file is missing. `INVALID_INPUT`: a file or a model that cannot be used. The command's exit codes know both. */
export type EncoderErrorCode = "NOT_FOUND" | "INVALID_INPUT";

/** Why an encoder cannot be used: one sentence that names the file, what was expected and what was found. */
export class EncoderError extends Error {
  override readonly name = "EncoderError";
  readonly code: EncoderErrorCode;

  constructor(code: EncoderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The error for something in `source` that is not as expected. */
export function badInput(source: string, expected: string, got: string, cause?: unknown): EncoderError {
  const options = cause === undefined ? undefined : { cause };
  return new EncoderError("INVALID_INPUT", `${source}: expected ${expected}, got ${got}`, options);
}
