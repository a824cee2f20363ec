import { describe, expect, it } from "vitest";
import type { IndexVersion } from "./results.js";
import { type VersionChange, VersionWatch } from "./version-watch.js";

const v1: IndexVersion = { index: "papers", version: "1", digest: "aa" };
const v2: IndexVersion = { index: "papers", version: "2", digest: "bb" };

function watched() {
  const seen: string[] = [];
  const notify = ({ previous, current }: VersionChange) => seen.push(`${previous.version}>${current.version}`);
  return { watch: new VersionWatch(notify), seen };
}

describe("VersionWatch", () => {
  it("reports a swap and the swap back, and nothing else", async () => {
    const { watch, seen } = watched();
    for (const version of [v1, v1, v2, v2, v1]) watch.saw(version, watch.ticket());
    await Promise.resolve();
    expect(seen).toEqual(["1>2", "2>1"]);
  });

  it("does not mistake a late answer from before the swap for a swap back", async () => {
    const { watch, seen } = watched();
    const early = watch.ticket();
    const late = watch.ticket();
    watch.saw(v1, early);
    watch.saw(v2, watch.ticket());
    watch.saw(v1, late);
    await Promise.resolve();
    expect(seen).toEqual(["1>2"]);
  });

  it("keeps indexes apart", async () => {
    const { watch, seen } = watched();
    watch.saw(v1, watch.ticket());
    watch.saw({ ...v2, index: "other" }, watch.ticket());
    await Promise.resolve();
    expect(seen).toEqual([]);
  });
});
