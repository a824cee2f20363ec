import { type DescFile, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import {
  file_google_rpc_status,
  file_maxsimd_v1_catalog,
  file_maxsimd_v1_collection,
  file_maxsimd_v1_search,
  file_maxsimd_v1_text,
} from "@maxsimd/proto";
import { service as healthService } from "grpc-health-check";

/** What the reflection service reads of a package: encoded FileDescriptorProtos. */
type Files = ConstructorParameters<typeof ReflectionService>[0];

/** Adds the standard reflection service (v1 and v1alpha), which lets generic tools find and call everything served. */
export function addReflection(server: Server, services: readonly string[]): void {
  const ours = withImports([
    file_maxsimd_v1_search,
    file_maxsimd_v1_text,
    file_maxsimd_v1_catalog,
    file_maxsimd_v1_collection,
    file_google_rpc_status,
  ]);
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

/**
 * The encoded description of the standard health service. The one in grpc-health-check comes from a converter with two faults:
 * it names types by their last part only, and it names the entry of a map field differently from the protobuf compiler. Strict
 * tools (grpcurl, ghz) reject the whole file because of them. Both are corrected here.
 */
function healthFile(): Buffer {
  const encoded = healthService["Check"]?.requestType.fileDescriptorProtos[0];
  if (encoded === undefined) {
    throw new TypeError("grpc-health-check holds no description of its service");
  }
  const file: FileDescriptorProto = fromBinary(FileDescriptorProtoSchema, encoded);
  for (const message of file.messageType) {
    nameMapEntries(message);
  }
  for (const message of file.messageType) {
    qualifyTypes(message, `.${file.package}`, `.${file.package}`);
  }
  return Buffer.from(toBinary(FileDescriptorProtoSchema, file));
}

function nameMapEntries(message: DescriptorProto): void {
  for (const entry of message.nestedType) {
    const field = message.field.find(({ typeName }) => typeName === entry.name);
    if (entry.options?.mapEntry === true && field !== undefined) {
      entry.name = `${upperCamel(field.name)}Entry`;
      field.typeName = entry.name;
    }
  }
}

/** Makes the type names of fields absolute. A name is that of a type declared in the message, or else in the package. */
function qualifyTypes(message: DescriptorProto, scope: string, root: string): void {
  const own = `${scope}.${message.name}`;
  const declared = new Set([...message.nestedType, ...message.enumType].map(({ name }) => name));
  for (const field of message.field) {
    if (field.typeName !== "" && !field.typeName.startsWith(".")) {
      field.typeName = `${declared.has(field.typeName) ? own : root}.${field.typeName}`;
    }
  }
  for (const nested of message.nestedType) {
    qualifyTypes(nested, own, root);
  }
}

/** `by_name` → `ByName`. */
function upperCamel(name: string): string {
  return name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
