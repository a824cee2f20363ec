import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Index } from "@maxsimd/native";
import { expect, test } from "vitest";
import { type Answers, ask } from "./support/golden/ask.js";
import { root } from "./support/root.js";
import { useTemporaryFolder } from "./support/temporary-folder.js";

// The promise: index files of format version 1 are read by every later build, with the same answers to the bit: whole indexes of each kind,
// and each version of a collection, with segments, deleted documents, ids and attributes.

const GOLDEN = join(root, "native/binding/testing/golden/version-1");
const answers = JSON.parse(readFileSync(join(GOLDEN, "answers.json"), "utf8")) as Record<string, Answers>;
const folder = useTemporaryFolder();

test.each(Object.keys(answers))("%s gives the answers of the build that made it", async (name) => {
  cpSync(GOLDEN, folder.path, { recursive: true });
  const index = await Index.load(join(folder.path, name));
  expect(await ask(index)).toEqual(answers[name]);
  expect(index.info.formatVersion).toBe(1);
  index.close();
});
