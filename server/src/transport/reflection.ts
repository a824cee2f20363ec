import { type DescFile, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { file_google_rpc_status, file_maxsimd_v1_catalog, file_maxsimd_v1_search } from "@maxsimd/proto";
import { healthFile } from "./health-file.js";

/** What the reflection service reads of a package: encoded FileDescriptorProtos. */
type Files = ConstructorParameters<typeof ReflectionService>[0];

/** Adds the standard reflection service (v1 and v1alpha), which lets generic tools find and call everything served. */
export function addReflection(server: Server, services: readonly string[]): void {
  const ours = withImports([file_maxsimd_v1_search, file_maxsimd_v1_catalog, file_google_rpc_status]);
  const encoded = ours.map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
  const files = { all: { fileDescriptorProtos: [...encoded, healthFile()] } };
  new ReflectionService(files as unknown as Files, { services: [...services] }).addToServer(server);
}

/** The files and all they import, each once. */
function withImports(files: readonly DescFile[], seen = new Set<DescFile>()): DescFile[] {
  for (const file of files) {
    if (!seen.has(file)) {
      seen.add(file);
      withImports(file.dependencies, seen);
    }
  }
  return [...seen];
}
