import { clearField, clone, type DescFile, toBinary } from "@bufbuild/protobuf";
import { FieldDescriptorProtoSchema, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import * as proto from "./index.js";

// The promise: code that other languages generate from these files compiles and loads beside their own libraries.

const files = Object.values(proto).filter((each): each is DescFile => (each as DescFile).kind === "file");

/** google/rpc/status.proto as googleapis-common-protos 1.76.0 registers it (`status_pb2.DESCRIPTOR.serialized_pb`). */
const OFFICIAL_STATUS =
  "Chdnb29nbGUvcnBjL3N0YXR1cy5wcm90bxIKZ29vZ2xlLnJwYxoZZ29vZ2xlL3Byb3RvYnVmL2FueS5wcm90byJOCgZTdGF0dXMSDAoEY29kZRgB" +
  "IAEoBRIPCgdtZXNzYWdlGAIgASgJEiUKB2RldGFpbHMYAyADKAsyFC5nb29nbGUucHJvdG9idWYuQW55Ql4KDmNvbS5nb29nbGUucnBjQgtTdGF0" +
  "dXNQcm90b1ABWjdnb29nbGUuZ29sYW5nLm9yZy9nZW5wcm90by9nb29nbGVhcGlzL3JwYy9zdGF0dXM7c3RhdHVzogIDUlBDYgZwcm90bzM=";

it("defines google.rpc.Status exactly as Google does, so that both can be registered in one process", () => {
  // A Python process that loads another descriptor of this name after ours fails with "duplicate file name".
  const file = clone(FileDescriptorProtoSchema, proto.file_google_rpc_status.proto);
  // Derived from the field's name; protoc leaves it out of what it registers, protobuf-es adds it.
  for (const field of file.messageType.flatMap((message) => message.field)) {
    clearField(field, FieldDescriptorProtoSchema.field.jsonName);
  }
  const bytes = toBinary(FileDescriptorProtoSchema, file);
  expect(Buffer.from(bytes).toString("base64")).toBe(OFFICIAL_STATUS);
});

it("names the Go package of every file, which protoc-gen-go requires", () => {
  expect(files).toHaveLength(8);
  const packages = files.map((file) => [file.proto.package, file.proto.options?.goPackage]);
  expect(new Map(packages as [string, string][])).toEqual(
    new Map([
      ["maxsimd.v1", "maxsimd/v1;maxsimdv1"],
      ["google.rpc", "google.golang.org/genproto/googleapis/rpc/status;status"],
    ]),
  );
  expect(packages.every(([, goPackage]) => goPackage !== undefined)).toBe(true);
});

it("imports nothing from outside the contract but what comes with every compiler, so that a client compiles maxsimd/v1 alone", () => {
  const contract = files.filter((file) => file.proto.package === "maxsimd.v1");
  const withEveryCompiler = ["google/protobuf/struct.proto", "google/protobuf/timestamp.proto"];
  for (const file of contract) {
    for (const { proto } of file.dependencies) {
      expect(withEveryCompiler.includes(proto.name) || proto.package === "maxsimd.v1").toBe(true);
    }
  }
});
