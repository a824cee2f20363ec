import { InputError } from "./input-error.js";

/** Parses JSON. @throws InputError INVALID_INPUT that names the source */
export function parseJson(text: string, source: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch (error) {
    // biome-ignore lint/style/useErrorCause: the cause is the third argument here
    throw new InputError("INVALID_INPUT", `${source} is not JSON`, { cause: error });
  }
}
