import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { service } from "grpc-health-check";

/**
 * The encoded description of the standard health service, for reflection. The package has it from a converter that gives
 * the entry of a map field another name than the protobuf compiler does, and Go's tools (grpcurl, ghz) refuse the whole
 * file for it; the name is put right here.
 */
export function healthFile(): Buffer {
  const encoded = service["Check"]?.requestType.fileDescriptorProtos[0];
  if (encoded === undefined) {
    throw new TypeError("grpc-health-check holds no description of its service");
  }
  const file: FileDescriptorProto = fromBinary(FileDescriptorProtoSchema, encoded);
  for (const message of file.messageType) {
    nameMapEntries(message);
  }
  return Buffer.from(toBinary(FileDescriptorProtoSchema, file));
}

function nameMapEntries(message: DescriptorProto): void {
  for (const entry of message.nestedType) {
    if (entry.options?.mapEntry !== true) {
      continue;
    }
    const field = message.field.find(({ typeName }) => typeName.split(".").at(-1) === entry.name);
    if (field !== undefined) {
      entry.name = `${upperCamel(field.name)}Entry`;
      field.typeName = entry.name;
    }
  }
}

/** `by_name` → `ByName`. */
function upperCamel(name: string): string {
  return name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
