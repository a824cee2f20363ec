import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Client, credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Probe, startProbe } from "../../testing/probe-listener.js";

/** Field numbers of grpc.reflection.v1. */
const LIST_SERVICES = 7;
const FILE_CONTAINING_SYMBOL = 4;
const LIST_SERVICES_RESPONSE = 6;
const FILE_DESCRIPTOR_RESPONSE = 4;

let probe: Probe;
let client: Client;
beforeAll(async () => {
  probe = await startProbe({});
  client = new Client(probe.address, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await probe.listener.drain(0);
});

/** Asks one question of the reflection service, and returns its answer. */
function ask(service: string, field: number, value: string): Promise<Buffer> {
  const asIs = (bytes: Buffer): Buffer => bytes;
  const call = client.makeBidiStreamRequest(`/${service}/ServerReflectionInfo`, asIs, asIs);
  return new Promise((resolve, reject) => {
    call.on("error", reject);
    call.on("data", (bytes: Buffer) => {
      resolve(bytes);
      call.end();
    });
    call.write(Buffer.from(new BinaryWriter().tag(field, WireType.LengthDelimited).string(value).finish()));
  });
}

/** The length-delimited fields of one number in a message. */
function fields(message: Uint8Array, number: number): Uint8Array[] {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [no, type] = reader.tag();
    if (no === number && type === WireType.LengthDelimited) {
      found.push(reader.bytes());
    } else {
      reader.skip(type, no);
    }
  }
  return found;
}

/** Files in an order in which each stands behind those that it imports. */
function importedFirst(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const sorted = new Set<FileDescriptorProto>();
  const add = (file: FileDescriptorProto): void => {
    files.filter(({ name }) => file.dependency.includes(name)).forEach(add);
    sorted.add(file);
  };
  files.forEach(add);
  return [...sorted];
}

describe.each(["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"])("%s", (service) => {
  it("lists the services that are served", async () => {
    const [list] = fields(await ask(service, LIST_SERVICES, "*"), LIST_SERVICES_RESPONSE);
    const names = fields(list!, 1).map((entry) => Buffer.from(fields(entry, 1)[0]!).toString());
    expect(names.sort()).toEqual(["grpc.health.v1.Health", "maxsimd.v1.SearchService"]);
  });

  it.each([
    ["maxsimd.v1.SearchService", ["Search", "SearchBatch", "SearchStream", "WhyNot"]],
    ["maxsimd.v1.AdminService", ["LoadIndex", "SwapIndex", "UnloadIndex"]],
    ["maxsimd.v1.CollectionService", ["Upsert", "Delete", "Compact", "ListVersions", "Rollback", "RemoveVersions"]],
    ["grpc.health.v1.Health", ["Check", "Watch", "List"]],
  ])("describes %s well enough to call it", async (symbol, methods) => {
    const [response] = fields(await ask(service, FILE_CONTAINING_SYMBOL, symbol), FILE_DESCRIPTOR_RESPONSE);
    const files = fields(response!, 1).map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: importedFirst(files) }));
    expect(registry.getService(symbol)?.methods.map(({ name }) => name)).toEqual(methods);
  });

  it("names a map field's entry as the protobuf compiler does, without which Go's tools refuse the file", async () => {
    const [response] = fields(
      await ask(service, FILE_CONTAINING_SYMBOL, "grpc.health.v1.Health"),
      FILE_DESCRIPTOR_RESPONSE,
    );
    const file = fromBinary(FileDescriptorProtoSchema, fields(response!, 1)[0]!);
    const list = file.messageType.find(({ name }) => name === "HealthListResponse");
    expect(list?.nestedType.map(({ name }) => name)).toEqual(["StatusesEntry"]);
    expect(list?.field[0]?.typeName).toMatch(/StatusesEntry$/);
  });
});
