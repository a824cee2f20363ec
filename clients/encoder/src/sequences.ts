import { Tokenizer } from "@huggingface/tokenizers";
import { badInput } from "./encoder-error.js";
import type { EncoderSettings } from "./settings.js";

/** What a text is encoded as. */
export type TextKind = "query" | "document";

/** The tokens that the model sees for one text. */
export interface Sequence {
  /** Vocabulary ids. */
  readonly ids: readonly number[];
  /** How many of them, from the first on, others attend to. */
  readonly attended: number;
  /** Positions whose vectors are kept. */
  readonly kept: readonly number[];
}

/**
 * Turns texts into token sequences as PyLate does:
 *
 *     query     [CLS] marker pieces [SEP], cut to query_length; with query expansion filled with [MASK] to query_length
 *     document  [CLS] marker pieces [SEP], cut to document_length; the skip list leaves out vectors, not tokens
 *
 * Pieces are cut at their end, so that special tokens stay. A marker that is one token of the vocabulary is inserted after the first
 * special token; any other marker is put in front of the text.
 */
export class Sequences {
  readonly padId: number;
  readonly #tokenizer: Tokenizer;
  readonly #settings: EncoderSettings;
  readonly #maskId: number | undefined;
  readonly #skipped: ReadonlySet<number>;
  /** Special tokens before and after the pieces of a text. */
  readonly #head: readonly number[];
  readonly #tail: readonly number[];

  /**
   * @param definition content of tokenizer.json
   * @param config content of tokenizer_config.json; empty if there is no such file
   * @param source names the tokenizer in errors
   */
  constructor(
    definition: Record<string, unknown>,
    config: Record<string, unknown>,
    settings: EncoderSettings,
    source: string,
  ) {
    try {
      this.#tokenizer = new Tokenizer(definition, config);
    } catch (cause) {
      throw badInput(source, "a tokenizer of Hugging Face's format", (cause as Error).message, cause);
    }
    this.#settings = settings;
    const idOf = (token: string): number | undefined => this.#tokenizer.token_to_id(token);
    const special = (key: string, ...names: string[]): number | undefined =>
      [contentOf(config[key]), ...names].map((name) => (name === undefined ? undefined : idOf(name))).find(isDefined);
    this.#maskId = settings.maskId ?? special("mask_token", "[MASK]", "<mask>");
    this.padId = settings.padId ?? special("pad_token", "[PAD]", "<pad>") ?? 0;
    if (settings.queryExpansion && this.#maskId === undefined) {
      throw badInput(
        source,
        "a mask token, because do_query_expansion is true",
        "a vocabulary without [MASK] and <mask>",
      );
    }
    this.#skipped = new Set(settings.skipped.map(idOf).filter(isDefined));
    const whole = this.#tokenizer.encode("a").ids;
    const pieces = this.#pieces("a");
    const start = Math.max(0, whole.indexOf(pieces[0] as number));
    this.#head = whole.slice(0, start);
    this.#tail = whole.slice(start + pieces.length);
  }

  /** The sequence of one text. */
  of(text: string, kind: TextKind): Sequence {
    const { queryPrefix, documentPrefix, queryLength, documentLength, lowerCase } = this.#settings;
    const [prefix, most] = kind === "query" ? [queryPrefix, queryLength] : [documentPrefix, documentLength];
    const marker = prefix === "" ? undefined : this.#tokenizer.token_to_id(prefix);
    const written = lowerCase ? text.toLowerCase() : text;
    const pieces = this.#pieces(marker === undefined ? prefix + written : written);
    const [first, ...rest] = this.#head;
    const head = [...(first === undefined ? [] : [first]), ...(marker === undefined ? [] : [marker]), ...rest];
    const room = Math.max(0, most - head.length - this.#tail.length);
    const ids = [...head, ...pieces.slice(0, room), ...this.#tail];
    return kind === "query" ? this.#query(ids) : this.#document(ids);
  }

  #query(ids: readonly number[]): Sequence {
    const { queryExpansion, queryLength, attendToExpansion } = this.#settings;
    if (!queryExpansion) return { ids, attended: ids.length, kept: [...ids.keys()] };
    const fill = new Array<number>(Math.max(0, queryLength - ids.length)).fill(this.#maskId as number);
    const filled = [...ids, ...fill];
    return { ids: filled, attended: attendToExpansion ? filled.length : ids.length, kept: [...filled.keys()] };
  }

  #document(ids: readonly number[]): Sequence {
    const kept = [...ids.keys()].filter((position) => !this.#skipped.has(ids[position] as number));
    return { ids, attended: ids.length, kept };
  }

  #pieces(text: string): number[] {
    return this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
  }
}

/** A token in tokenizer_config.json is a text, or an object with its content. */
function contentOf(token: unknown): string | undefined {
  if (typeof token === "string") return token;
  const content = (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : undefined;
}

function isDefined<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
