import { create } from "@bufbuild/protobuf";
import {
  type ListIndexesResponse,
  ListIndexesResponseSchema,
  LoadedVersionSchema,
  ServedIndexSchema,
} from "@maxsimd/proto";
import type { ServiceDeps } from "./service-deps.js";

/** CatalogService.ListIndexes: every served index with its versions, retired ones that requests still use included. */
export function listIndexes(deps: ServiceDeps): ListIndexesResponse {
  const indexes = deps.catalog.list().map(({ index, versions }) =>
    create(ServedIndexSchema, {
      index,
      versions: versions.map((handle) =>
        create(LoadedVersionSchema, {
          indexVersion: handle.version,
          state: handle.state,
          indexBytes: BigInt(handle.opened.bytes),
          documents: BigInt(handle.opened.documents),
        }),
      ),
    }),
  );
  return create(ListIndexesResponseSchema, { indexes });
}
