import { expect, it } from "vitest";
import { measureSwaps, writeSwapCatalog } from "./support/swap-memory.js";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: a server's memory does not grow with swaps. `node test/dist/support/swap-memory.js 10000` shows it over 10,000.

const folder = useTemporaryFolder();

it.runIf(process.platform === "linux")(
  "900 swaps of a 4 MB index leave anonymous memory within 10 MB",
  async () => {
    await writeSwapCatalog(folder.path);
    const { first, last } = await measureSwaps(folder.path, 900);
    // At 40 KB per swap, which closed searchers once kept, it would grow by 24 MB.
    expect(last - first).toBeLessThan(10e6);
  },
  120_000,
);
