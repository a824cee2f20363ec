import type { DescFile } from "@bufbuild/protobuf";
import * as proto from "@maxsimd/proto";
import { describe, expect, it } from "vitest";
import { RULES } from "./rules.js";

// The promise: every method of the wire contract has a rule, by the descriptors; changes of what is served need the scope admin.

const files = Object.values(proto).filter((each): each is DescFile => (each as DescFile).kind === "file");
const services = files.flatMap((file) => file.services);
const paths = services.flatMap(({ typeName, methods }) => methods.map(({ name }) => `/${typeName}/${name}`));

describe("the rules", () => {
  it("name every method of the contract, and beside these only those of health and reflection", () => {
    expect(paths.length).toBeGreaterThan(10);
    const ours = [...RULES.keys()].filter((path) => !path.startsWith("/grpc."));
    expect(ours.sort()).toEqual([...paths].sort());
  });

  it("ask for admin on what the admin listener serves, for search on the rest of the contract", () => {
    for (const path of paths) {
      const admin = /\.(AdminService|CollectionService)\//.test(path);
      expect([path, RULES.get(path)]).toEqual([path, admin ? "admin" : "search"]);
    }
  });
});
