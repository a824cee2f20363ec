import { Collection, MaxsimError } from "@maxsimd/native";
import { ErrorCode } from "@maxsimd/proto";
import { fromNative } from "../errors/from-native.js";
import { ServiceError } from "../errors/service-error.js";

export type { CollectionVersion, Documents, Filter } from "@maxsimd/native";
export { TokenBuffer } from "@maxsimd/native";

/**
 * Does something with the collection in a folder.
 * Throws ServiceError INVALID_DOCUMENT, INVALID_FILTER, CONFLICT, UNKNOWN_VERSION, CANCELLED, or what fromNative makes of the rest.
 */
export async function withCollection<T>(folder: string, work: (collection: Collection) => Promise<T>): Promise<T> {
  try {
    return await work(await Collection.open(folder));
  } catch (error) {
    throw asServiceError(error, folder);
  }
}

function asServiceError(error: unknown, folder: string): ServiceError {
  // A message that names the folder is about files, not about the documents of the request.
  if (!(error instanceof MaxsimError) || error.message.includes(folder)) {
    return fromNative(error);
  }
  const { code, message, field, expected, got } = error;
  if (code === "INVALID_INPUT") {
    return new ServiceError(ErrorCode.INVALID_DOCUMENT, message, { field, expected, got, cause: error });
  }
  if (code === "INVALID_PARAMETER" && field === "version") {
    return new ServiceError(ErrorCode.UNKNOWN_VERSION, message, { field, expected, got, cause: error });
  }
  return fromNative(error);
}
