import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type DescriptorProto, type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { service } from "grpc-health-check";

/**
 * The encoded description of the standard health service, for reflection. The package has it from a converter that names
 * types by their last part only, and gives the entry of a map field another name than the protobuf compiler does; strict
 * tools (grpcurl, ghz) refuse the whole file for it. Both are put right here.
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

/** Spells types out from the root: those declared in the message, else those of the package. */
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
