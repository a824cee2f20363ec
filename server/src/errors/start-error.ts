import { ServiceError } from "./service-error.js";
import { systemFault } from "./system-fault.js";

/**
 * Why a server did not start: one sentence that names the setting, file or address at fault and says how to fix it. Each
 * setting at fault in a configuration has a line of its own.
 */
export class StartError extends Error {
  override readonly name = "StartError";
  /**
   * `CONFIGURATION` for settings that cannot be used; the name of the system's error, as in `ENOENT` or `EADDRINUSE`; the name
   * of a wire error code, as in `INDEX_CORRUPT`; `INTERNAL` for anything else.
   */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** A setting, or several, that cannot be used. */
  static configuration(message: string, cause?: unknown): StartError {
    return new StartError("CONFIGURATION", message, cause === undefined ? undefined : { cause });
  }

  /** Whatever was thrown while `subject` (a file, a listener) was being opened. */
  static from(subject: string, thrown: unknown): StartError {
    if (thrown instanceof StartError) {
      return thrown;
    }
    const fault = systemFault(thrown instanceof ServiceError ? thrown.cause : thrown);
    if (fault !== undefined) {
      return new StartError(fault.name, `${subject}: ${fault.sentence}`, { cause: thrown });
    }
    if (thrown instanceof ServiceError) {
      const { message, expected, got } = thrown;
      const found = expected === "" ? "" : ` (expected ${expected}, got ${got})`;
      return new StartError(thrown.codeName, `${subject}: ${message}${found}`, { cause: thrown.cause ?? thrown });
    }
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return new StartError("INTERNAL", `${subject}: ${text}`, { cause: thrown });
  }
}
