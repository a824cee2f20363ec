// Settings are read from the files that exporters write. A value of the wrong type is an error, and a key that is not known a warning.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { removeCopies, tinyWith } from "../testing/tiny-folder.js";
import { readSettings } from "./settings.js";

afterAll(removeCopies);

/** A folder without onnx_config.json, with these files instead. */
function folderWith(files: Record<string, unknown>): string {
  const folder = tinyWith();
  rmSync(join(folder, "onnx_config.json"));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

describe("readSettings", () => {
  it("reads what PyLate writes, and takes its defaults for what is absent", () => {
    const folder = folderWith({
      "config_sentence_transformers.json": {
        __version__: { sentence_transformers: "3.4.1" },
        prompts: {},
        default_prompt_name: null,
        similarity_fn_name: null,
        query_prefix: "[unused0]",
        document_prefix: "[unused1]",
        query_length: 32,
        attend_to_expansion_tokens: true,
        skiplist_words: null,
      },
      "sentence_bert_config.json": { max_seq_length: 299, do_lower_case: true },
    });
    const { settings, warnings } = readSettings(folder);
    expect(warnings).toEqual([]);
    expect(settings).toMatchObject({
      ...{ queryPrefix: "[unused0]", documentPrefix: "[unused1]", queryLength: 32, documentLength: 299 },
      ...{ queryExpansion: true, attendToExpansion: true, normalize: true, lowerCase: true, dim: undefined },
    });
    expect(settings.skipped).toHaveLength(32);
  });

  it("prefers onnx_config.json", () => {
    const folder = tinyWith();
    writeFileSync(join(folder, "config_sentence_transformers.json"), '{"query_length": 99}');
    expect(readSettings(folder).settings.queryLength).toBe(10);
  });

  it("says which keys are not known", () => {
    const { warnings } = readSettings(tinyWith({ query_lenght: 12, model_type: "ColBERT" }));
    expect(warnings).toEqual([expect.stringMatching(/onnx_config\.json: the key "query_lenght" is not known/)]);
  });

  it.each([
    ["query_length", "32", "a whole number of at least 4", '"32"'],
    ["document_length", 3, "a whole number of at least 4", "3"],
    ["skiplist_words", [1], "a list of texts", "[1]"],
    ["do_query_expansion", "yes", "true or false", '"yes"'],
    ["query_prefix", 1, "a text", "1"],
  ])("refuses %s of another type", (key, value, expected, got) => {
    const read = () => readSettings(tinyWith({ [key]: value }));
    expect(read).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
    expect(read).toThrow(`onnx_config.json, ${key}: expected ${expected}, got ${got}`);
  });

  it("refuses files that are not JSON objects, and folders without settings", () => {
    const name = "config_sentence_transformers.json";
    expect(() => readSettings(folderWith({ [name]: "[]" }))).toThrow("expected a JSON object, got a list");
    expect(() => readSettings(folderWith({ [name]: "{" }))).toThrow("expected a JSON file, got");
    const empty = () => readSettings(folderWith({}));
    expect(empty).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    expect(empty).toThrow("expected a settings file, onnx_config.json or config_sentence_transformers.json");
  });
});
