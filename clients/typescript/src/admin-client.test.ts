import { status as GrpcStatus } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NaiveServer } from "../peer/naive-server.js";
import { AdminClient } from "./admin-client.js";
import { MaxsimClient } from "./client.js";

let server: NaiveServer;
let admin: AdminClient;
let client: MaxsimClient;

beforeAll(async () => {
  server = await NaiveServer.start();
  admin = new AdminClient(server.address);
  client = new MaxsimClient(server.address);
});
afterAll(() => {
  admin.close();
  client.close();
  server.stop();
});

describe("AdminClient", () => {
  it("returns the result of a swap", async () => {
    const swap = await admin.swapIndex("papers", "2");
    expect(swap).toEqual({
      current: { index: "papers", version: "2", digest: "digest of 2" },
      previous: { index: "papers", version: "1", digest: "digest of 1" },
    });
  });

  it("repeats no call, because the first may have had its effect", async () => {
    const before = server.swaps;
    await expect(admin.swapIndex("papers", "gone")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(server.swaps).toBe(before + 1);
  });

  it("reports a method that the server does not know as an error of the same kind", async () => {
    const failure = admin.loadIndex("papers", "3");
    await expect(failure).rejects.toMatchObject({ code: "UNIMPLEMENTED", grpcStatus: GrpcStatus.UNIMPLEMENTED });
  });
});

describe("the catalog, seen by MaxsimClient", () => {
  it("is described in plain numbers", async () => {
    expect(await client.describe()).toMatchObject({
      dim: 2,
      documents: 3,
      indexBytes: 2 ** 40,
      defaults: { k: 10, alpha: 0.45, beta: null },
      serverVersion: "naive",
    });
  });

  it("is listed with the state of each version", async () => {
    const [papers] = await client.listIndexes();
    expect(papers).toMatchObject({ index: "papers", versions: [{ state: "CURRENT", documents: 3, indexBytes: 8 }] });
  });
});
