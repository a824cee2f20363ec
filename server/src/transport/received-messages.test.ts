import { connect } from "node:http2";
import { gzipSync } from "node:zlib";
import { create } from "@bufbuild/protobuf";
import { status as GrpcCode, Metadata } from "@grpc/grpc-js";
import { ErrorCode, SearchResponseSchema, SearchService, SearchStreamResponseSchema } from "@maxsimd/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Probe, startProbe } from "../../testing/probe-listener.js";
import { detailOf } from "../../testing/raw-client.js";

// The promise: faults of a caller in framing, compression and deadlines are typed errors of its call, whatever the service and the shape.

let probe: Probe;
let answered = 0;
beforeAll(async () => {
  probe = await startProbe({
    search: () => {
      answered++;
      return create(SearchResponseSchema);
    },
    async *searchStream(requests) {
      for await (const _ of requests) {
        yield create(SearchStreamResponseSchema);
      }
    },
  });
});
afterAll(() => probe.listener.drain(0));

const SEARCH = `/${SearchService.typeName}/Search`;
const STREAM = `/${SearchService.typeName}/SearchStream`;
const HEALTH = "/grpc.health.v1.Health/Check";
const REFLECTION = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/** One call over plain HTTP/2, of bytes and headers that grpc-js would not send; resolves to its status. */
async function call(
  path: string,
  bytes: Buffer,
  headers: Record<string, string> = {},
): Promise<{ code: number; detail: ReturnType<typeof detailOf> }> {
  const session = connect(`http://${probe.address}`);
  try {
    const head = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers" };
    const request = session.request({ ...head, ...headers });
    const ending = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const look = (received: Record<string, unknown>): void => {
        if (received["grpc-status"] !== undefined) resolve(received);
      };
      request.on("response", look).on("trailers", look).on("error", reject).resume().end(bytes);
    });
    const metadata = new Metadata();
    const trailer = ending["grpc-status-details-bin"];
    if (typeof trailer === "string") metadata.set("grpc-status-details-bin", Buffer.from(trailer, "base64"));
    return { code: Number(ending["grpc-status"]), detail: detailOf({ metadata }) };
  } finally {
    session.destroy();
  }
}

/** A message with its prefix; the length is that of the content unless it is given. */
function framed(flag: number, content: Uint8Array, length = content.length): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, content]);
}

const nothing = Buffer.alloc(0);
const gzip = { "grpc-encoding": "gzip" };

describe.each([SEARCH, STREAM])("%s", (path) => {
  it.each([
    ["a flag of 2", framed(2, nothing), {}, "2"],
    ["a flag of 255", framed(255, nothing), gzip, "255"],
    ["a compressed message without an encoding", framed(1, gzipSync(nothing)), {}, "identity"],
    ["a message that is not gzip", framed(1, Buffer.from("none")), gzip, "other bytes"],
    ["a message that is cut short", framed(0, nothing, 9), {}, "9 bytes less"],
    ["a prefix that is cut short", Buffer.alloc(3), {}, "less than the 5 bytes before a message"],
  ])("refuses %s", async (_, bytes, headers, got) => {
    const before = answered;
    const { code, detail } = await call(path, bytes, headers);
    expect(code).toBe(GrpcCode.INVALID_ARGUMENT);
    expect(detail).toMatchObject({ code: ErrorCode.INVALID_PARAMETER, field: "request", got });
    expect(answered).toBe(before);
  });

  it("reads a message that is compressed, and one that is not though the call names an encoding", async () => {
    for (const bytes of [framed(1, gzipSync(nothing)), framed(0, nothing)]) {
      expect((await call(path, bytes, gzip)).code).toBe(GrpcCode.OK);
    }
  });
});

it("refuses a unary call with no request or with two", async () => {
  for (const [bytes, got] of [
    [nothing, "0"],
    [Buffer.alloc(10), "2 or more"],
  ] as const) {
    const { code, detail } = await call(SEARCH, bytes);
    expect(code).toBe(GrpcCode.INVALID_ARGUMENT);
    expect(detail).toMatchObject({ code: ErrorCode.INVALID_PARAMETER, expected: "one request message", got });
  }
});

describe.each([SEARCH, HEALTH, REFLECTION])("the deadline of %s", (path) => {
  const message = Buffer.alloc(5);
  // Digits of other scripts and bytes that are no ASCII, as the peer's bytes come: one character each.
  it.each(["-5S", "1e9S", "5", "", Buffer.from("٣S").toString("latin1"), "\u00e9"])(
    "is refused: %j",
    async (timeout) => {
      const { code, detail } = await call(path, message, { "grpc-timeout": timeout });
      expect(code).toBe(GrpcCode.INVALID_ARGUMENT);
      expect(detail).toMatchObject({ code: ErrorCode.INVALID_PARAMETER, field: "grpc-timeout" });
    },
  );

  it("is over if it is 0, and good if it is long", async () => {
    const over = await call(path, message, { "grpc-timeout": "0n" });
    expect(over.code).toBe(GrpcCode.DEADLINE_EXCEEDED);
    expect(over.detail?.code).toBe(ErrorCode.DEADLINE_EXPIRED);
    expect((await call(path, message, { "grpc-timeout": "99999999H" })).code).toBe(GrpcCode.OK);
  });
});
