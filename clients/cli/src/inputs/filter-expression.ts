import type { Filter, FilterValue } from "@maxsimd/client";
import { type FailedMatchResult, type Grammar, grammar, type Node, type Semantics } from "ohm-js";
import { type CommandFailure, usageFailure } from "../failure.js";
import { cut } from "../output/table.js";

/**
 * Expressions in the notation of https://ohmjs.org. The text in parentheses after a rule's name stands for the rule in lists of
 * what was expected, which {@link EXPECTED} rewords. Bare `id` is the document's id, and `id` in backticks is an attribute.
 */
const GRAMMAR = String.raw`Filter {
  Expression = Or finish
  Or = NonemptyListOf<And, or>
  And = NonemptyListOf<Not, and>
  Not = not Not                          -- negated
      | Test
  Test = "(" Or close                    -- group
       | exists "(" field ")"            -- exists
       | document equality id            -- document
       | document Membership List<id>    -- documents
       | field equality value            -- equals
       | field order ordered             -- range
       | field Membership List<value>    -- oneOf
  Membership = not? in
  List<item> = "(" NonemptyListOf<item, ","> closeList

  finish (the end of the expression) = end
  close (the end of the group) = ")"
  closeList (the end of the list) = ")"
  and ("and") = caseInsensitive<"and"> ~nameChar
  or ("or") = caseInsensitive<"or"> ~nameChar
  not ("not") = caseInsensitive<"not"> ~nameChar
  in ("in") = caseInsensitive<"in"> ~nameChar
  exists ("exists") = caseInsensitive<"exists"> ~nameChar
  boolean = (caseInsensitive<"true"> | caseInsensitive<"false">) ~nameChar
  reserved = and | or | not | in | exists | boolean
  equality ("=" or "!=") = ("==" | "=" | "!=") ~sign
  order ("<", "<=", ">" or ">=") = ("<=" | "<" | ">=" | ">") ~sign
  sign = "=" | "!" | "<" | ">" | "~" | "&" | "|"

  document (a field) = "id" ~nameChar
  field (a field) = ~(document | reserved | number) nameChar+  -- bare
                  | quoted<"\u{60}">                           -- quoted
  nameChar = letter | digit | "_" | "-" | "."

  value (text in quotes, a number, true or false) = string | number | boolean
  ordered (a number, or a timestamp in quotes) = string | number
  id (a document id in quotes) = string
  number = numeral ~nameChar
  numeral = "-"? digit+ ("." digit+)? (caseInsensitive<"e"> ("+" | "-")? digit+)?
  string = quoted<"\""> | quoted<"'">
  quoted<quote> = quote (escape | ~quote any)* quote
  escape = "\\u" codeUnit  -- unicode
         | "\\" any        -- other
  codeUnit = hexDigit hexDigit hexDigit hexDigit
}`;

/** What is said to be expected, for lists that contain a text. The first that fits applies. */
const EXPECTED: readonly (readonly [listed: string, expected: string])[] = [
  ["the end of the expression", '"and", "or" or the end of the expression'],
  ["the end of the group", '"and", "or" or ")"'],
  ["the end of the list", '"," or ")"'],
  ['"exists"', "a condition such as year >= 2020 or exists(price)"],
  ['"<="', '=, !=, <, <=, >, >=, "in" or "not in"'],
  ['"!="', '=, !=, "in" or "not in" after id'],
];

const BOUNDS: Readonly<Record<string, "gt" | "gte" | "lt" | "lte">> = {
  ">": "gt",
  ">=": "gte",
  "<": "lt",
  "<=": "lte",
};
const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "\\": "\\",
  '"': '"',
  "'": "'",
  "`": "`",
};

/** Made when the first expression is parsed: it takes 80 ms, and most commands have no filter. */
let language: { grammar: Grammar; semantics: Semantics } | undefined;

/**
 * Parses the expression of `--filter`, such as `year >= 2020 and not (tags = "old" or exists(price))`.
 *
 * @throws CommandFailure that points at the column where something else was expected
 */
export function parseFilter(text: string): Filter {
  language ??= createLanguage();
  const expression = text.trimEnd();
  try {
    const match = language.grammar.match(expression);
    if (match.succeeded()) return language.semantics(match)["filter"]();
    throw unexpected(expression, match as FailedMatchResult);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The parser calls itself for each level, and some 200 levels fill the stack.
  }
  throw usageFailure('--filter: expected at most 50 levels of parentheses and "not", found more than can be parsed');
}

function createLanguage(): { grammar: Grammar; semantics: Semantics } {
  const filters = grammar(GRAMMAR);
  const semantics = filters.createSemantics();
  semantics.addOperation<Filter>("filter", {
    Expression: (or, _end) => or["filter"](),
    Or: (list) => joined(list, (anyOf) => ({ anyOf })),
    And: (list) => joined(list, (allOf) => ({ allOf })),
    Not_negated: (_not, filter) => ({ noneOf: [filter["filter"]()] }),
    Test_group: (_open, or, _close) => or["filter"](),
    Test_exists: (_exists, _open, field, _close) => ({ exists: { field: field["text"]() } }),
    Test_document: (_id, operator, id) => signed(operator, { ids: [id["value"]()] }),
    Test_documents: (_id, membership, list) => signed(membership, { ids: list["values"]() }),
    Test_equals: (field, operator, value) =>
      signed(operator, { equals: { field: field["text"](), value: value["value"]() } }),
    Test_range: (field, operator, value) => {
      const bound = BOUNDS[operator.sourceString] as "gt";
      return { range: { field: field["text"](), [bound]: value["value"]() } };
    },
    Test_oneOf: (field, membership, list) =>
      signed(membership, { oneOf: { field: field["text"](), values: list["values"]() } }),
  });
  semantics.addOperation<FilterValue[]>("values", {
    List: (_open, list, _close) => list.asIteration().children.map((item: Node) => item["value"]()),
  });
  semantics.addOperation<FilterValue>("value", {
    number: numberIn,
    boolean: (word) => word.sourceString.toLowerCase() === "true",
    string: (quoted) => quoted["text"](),
  });
  semantics.addOperation<string>("text", {
    field_bare: (name) => name.sourceString,
    quoted: (_open, characters, _close) => characters.children.map((character) => character["text"]()).join(""),
    escape_unicode: (_escape, codeUnit) => String.fromCharCode(Number.parseInt(codeUnit.sourceString, 16)),
    escape_other: (slash, character) => {
      const text = ESCAPES[character.sourceString];
      if (text !== undefined) return text;
      const { sourceString, startIdx } = slash.source;
      const found = `\\${character.sourceString}`;
      throw failureAt(sourceString, startIdx, String.raw`\n, \r, \t, \uXXXX, \\ or \ before a quote`, found);
    },
    _terminal() {
      return this.sourceString;
    },
  });
  return { grammar: filters, semantics };
}

/** The filters of a list, or the filter if it is the only one. */
function joined(list: Node, join: (filters: Filter[]) => Filter): Filter {
  const filters: Filter[] = list.asIteration().children.map((child: Node) => child["filter"]());
  return filters.length === 1 ? (filters[0] as Filter) : join(filters);
}

/** The filter, or its opposite for `!=` and `not in`. */
function signed(operator: Node, filter: Filter): Filter {
  return /^(!|not)/i.test(operator.sourceString) ? { noneOf: [filter] } : filter;
}

/** An integer exactly, as a bigint if a number would round it; else the nearest number. Minus zero is zero. */
function numberIn({ sourceString: digits, source }: Node): FilterValue {
  const value = Number(digits) + 0;
  if (/^-?\d+$/.test(digits)) return Number.isSafeInteger(value) ? value : BigInt(digits);
  if (Number.isFinite(value)) return value;
  throw failureAt(source.sourceString, source.startIdx, "a number up to 1.8e308", digits);
}

function unexpected(text: string, match: FailedMatchResult): CommandFailure {
  const [index, listed] = [match.getRightmostFailurePosition(), match.getExpectedText()];
  const expected = EXPECTED.find(([part]) => listed.includes(part))?.[1] ?? listed;
  return failureAt(text, index, expected, foundAt(text, index, listed.includes("a field")));
}

/** The text at an index, to the end of a word, a run of signs or a quoted text. */
function foundAt(text: string, index: number, wantsField: boolean): string {
  const rest = text.slice(index);
  if (rest === "") return "the end of the expression";
  const quoted = /^(["'`])(?:\\.|(?!\1)[^\\])*\1/s.exec(rest)?.[0];
  if (quoted === undefined && /^["'`]/.test(rest)) return `a ${rest[0]} that is not closed`;
  const token = quoted ?? /^(?:[\p{L}\p{N}_.-]+|[=!<>~&|]+|.)/su.exec(rest)?.[0] ?? rest;
  const named = quoted !== undefined || /^(in|true|false|exists|id)$/i.test(token);
  return named && wantsField ? `${cut(token, 40)}: a field of this name goes in backticks` : cut(token, 40);
}

/** The usage failure with the line of the expression around an index, and a caret under it. */
function failureAt(text: string, index: number, expected: string, found: string): CommandFailure {
  const above = text.slice(0, index).split("\n");
  const before = [...(above.at(-1) as string)];
  const after = [...(text.slice(index).split(/\r?\n/)[0] as string)];
  const place = `${text.includes("\n") ? `line ${above.length}, ` : ""}column ${before.length + 1}`;
  // A terminal that breaks a long line would move the caret away from its column.
  const shown = before.length > 50 ? ["…", ...before.slice(-50)] : before;
  const line = shown.join("") + after.slice(0, 25).join("") + (after.length > 25 ? "…" : "");
  const indent = shown.map((character) => (character === "\t" ? "\t" : " ")).join("");
  return usageFailure(`--filter, ${place}: expected ${expected}, found ${found}\n  ${line}\n  ${indent}^`);
}
