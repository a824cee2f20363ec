/** Why an input cannot be used; the codes that @maxsimd/native also uses mean the same there. */
export type InputErrorCode = "NOT_FOUND" | "INVALID_INPUT" | "INVALID_PARAMETER";

/** An input file or a choice from it that cannot be used. */
export class InputError extends Error {
  override readonly name = "InputError";
  readonly code: InputErrorCode;

  constructor(code: InputErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
