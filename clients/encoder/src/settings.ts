import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { badInput, EncoderError } from "./encoder-error.js";

/** How texts become token sequences, and which of their vectors are kept. */
export interface EncoderSettings {
  /** Marker of a query, after its first special token; empty for no marker. */
  readonly queryPrefix: string;
  /** Marker of a document. */
  readonly documentPrefix: string;
  /** Most tokens of a query, markers and special tokens among them. */
  readonly queryLength: number;
  /** Most tokens of a document. */
  readonly documentLength: number;
  /** Whether queries are filled with mask tokens to `queryLength`. */
  readonly queryExpansion: boolean;
  /** Whether other tokens attend to these mask tokens. */
  readonly attendToExpansion: boolean;
  /** Tokens whose vectors documents leave out. */
  readonly skipped: readonly string[];
  /** Numbers in a vector; undefined = as many as the model has. */
  readonly dim: number | undefined;
  /** Whether each vector is divided by its length. */
  readonly normalize: boolean;
  /** Whether texts are put into lower case before they are divided into tokens. */
  readonly lowerCase: boolean;
  /** Ids of the tokens that fill; undefined = those of the tokenizer. */
  readonly maskId: number | undefined;
  readonly padId: number | undefined;
}

/** The settings of a folder, and the keys of its files that mean nothing here. */
export interface ReadSettings {
  readonly settings: EncoderSettings;
  /** One sentence for each key that is not known. */
  readonly warnings: readonly string[];
}

/** Files that may hold settings. The first that exists is read, with the last if it exists as well. */
const SETTINGS_FILES = ["onnx_config.json", "config_sentence_transformers.json"] as const;
const LENGTH_FILE = "sentence_bert_config.json";

/** Keys that exporters write and that nothing here depends on: the model's inputs and the tokenizer say the same. */
const DESCRIPTIVE = new Set([
  ...["__version__", "model_type", "model_name", "model_class", "uses_token_type_ids", "model_args"],
  ...["prompts", "default_prompt_name", "similarity_fn_name"],
]);

/** PyLate's default: the punctuation of Python's `string.punctuation`. */
const PUNCTUATION = [..."!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"];

/** Reads one key of a settings file. A key that is null counts as absent. */
class Keys {
  readonly #values: Record<string, unknown>;
  readonly #path: string;
  readonly #read = new Set<string>();

  constructor(path: string) {
    this.#path = path;
    this.#values = readObject(path);
  }

  text(key: string, fallback: string): string {
    return this.#get(key, fallback, "a text", (value) => typeof value === "string");
  }

  flag(key: string, fallback: boolean): boolean {
    return this.#get(key, fallback, "true or false", (value) => typeof value === "boolean");
  }

  /** A whole number of at least `least`. */
  count<Fallback extends number | undefined>(key: string, fallback: Fallback, least: number): number | Fallback {
    const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= least;
    return this.#get<number | Fallback>(key, fallback, `a whole number of at least ${least}`, isCount);
  }

  texts(key: string, fallback: readonly string[]): readonly string[] {
    const isTexts = (value: unknown): boolean =>
      Array.isArray(value) && value.every((item) => typeof item === "string");
    return this.#get(key, fallback, "a list of texts", isTexts);
  }

  /** A sentence for each key that was not read, and that is not descriptive. */
  unknown(): string[] {
    return Object.keys(this.#values)
      .filter((key) => !this.#read.has(key) && !DESCRIPTIVE.has(key))
      .map((key) => `${this.#path}: the key ${JSON.stringify(key)} is not known and has no effect`);
  }

  #get<Value>(key: string, fallback: Value, expected: string, fits: (value: unknown) => boolean): Value {
    this.#read.add(key);
    const value = this.#values[key];
    if (value === undefined || value === null) return fallback;
    if (fits(value)) return value as Value;
    throw badInput(`${this.#path}, ${key}`, expected, JSON.stringify(value));
  }
}

/**
 * Reads the settings of a model's folder: `onnx_config.json` as next-plaid exports it, or `config_sentence_transformers.json` and
 * `sentence_bert_config.json` as PyLate and Sentence Transformers do. A key that is absent has PyLate's default.
 *
 * @throws EncoderError NOT_FOUND without any such file, INVALID_INPUT for a value of the wrong type
 */
export function readSettings(folder: string): ReadSettings {
  const name = SETTINGS_FILES.find((file) => existsSync(join(folder, file)));
  if (name === undefined) {
    const message = `${folder}: expected a settings file, ${SETTINGS_FILES.join(" or ")}, got a folder without one`;
    throw new EncoderError("NOT_FOUND", message);
  }
  const keys = new Keys(join(folder, name));
  const lengths = existsSync(join(folder, LENGTH_FILE)) ? new Keys(join(folder, LENGTH_FILE)) : undefined;
  // The lower-case letters may be asked for in either file.
  const lowerCase = lengths?.flag("do_lower_case", false) ?? false;
  const settings: EncoderSettings = {
    queryPrefix: keys.text("query_prefix", "[Q] "),
    documentPrefix: keys.text("document_prefix", "[D] "),
    queryLength: keys.count("query_length", 32, 4),
    documentLength: keys.count("document_length", lengths?.count("max_seq_length", 180, 4) ?? 180, 4),
    queryExpansion: keys.flag("do_query_expansion", true),
    attendToExpansion: keys.flag("attend_to_expansion_tokens", false),
    skipped: keys.texts("skiplist_words", PUNCTUATION),
    dim: keys.count("embedding_dim", undefined, 1),
    normalize: keys.flag("normalize_embeddings", true),
    lowerCase: keys.flag("do_lower_case", lowerCase),
    maskId: keys.count("mask_token_id", undefined, 0),
    padId: keys.count("pad_token_id", undefined, 0),
  };
  return { settings, warnings: [...keys.unknown(), ...(lengths?.unknown() ?? [])] };
}

/** A file that holds one JSON object. @throws EncoderError NOT_FOUND or INVALID_INPUT */
export function readObject(path: string): Record<string, unknown> {
  if (!existsSync(path)) throw new EncoderError("NOT_FOUND", `there is no file ${path}`);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw badInput(path, "a JSON file", (cause as Error).message.replaceAll(/\s+/g, " "), cause);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badInput(path, "a JSON object", Array.isArray(value) ? "a list" : JSON.stringify(value));
}
