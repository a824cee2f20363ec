import { ErrorCode } from "@maxsimd/proto";
import { ServiceError } from "../errors/service-error.js";

/** Names of indexes and labels of versions. They become file names, so a name has no path separator and begins with no dot. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Shown where a name is refused. */
export const NAME_RULE = "1 to 63 of a-z 0-9 . _ -, the first a letter or digit";

/** Whether a text may name an index or a version. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Throws INVALID_PARAMETER unless the text may name an index or a version. */
export function checkName(field: string, text: string): void {
  if (!isName(text)) {
    throw new ServiceError(ErrorCode.INVALID_PARAMETER, `${field} is not a name`, {
      field,
      expected: NAME_RULE,
      got: text,
    });
  }
}
