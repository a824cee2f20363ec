// Words that a newcomer cannot look up or reads twice, in documents, comments, messages and identifiers.

import { isGenerated, readFiles } from "../tree.mjs";

export const what = "plain words in documents, comments, messages and names";
export const fix = "say it in the words that the problem suggests, or in others that a newcomer knows";

/** Quoted texts and other people's files, and the two files that have to name the words. */
const LEFT_OUT =
  /^(bench\/sample\/|bench\/datasets\/cranfield\/|proto\/google\/|\.ci\/checks\/prose\.mjs$|test\/checks\.test\.ts$)/;

/** Matches a word as it stands in prose, and as a part of a camelCase, snake_case or CONSTANT_CASE name. */
function word(...forms) {
  const capital = (form) => form[0].toUpperCase() + form.slice(1);
  const each = forms.map((form) => {
    const [small, large, constant] = [form, capital(form), form.toUpperCase()];
    return `(?<![A-Za-z])${small}(?![a-z])|${large}(?![a-z])|(?<![A-Z])${constant}(?![A-Z])`;
  });
  return new RegExp(each.join("|"), "g");
}

/** Matches a word where code declares it as the name of something. */
function declared(name) {
  const keywords = "const|let|let mut|fn|function|class|struct|enum|interface|type";
  return new RegExp(
    `\\b(?:${keywords})\\s+${name}\\b|\\.${name}\\b(?=[\\s;,)=+*?:]*[;,)=+*?:])|[(,]\\s*${name}:\\s`,
    "gi",
  );
}

const RULES = [
  {
    finds: /(?<!\b[Tt]here )\b(?:is|are|was|were|be|been|being)\s+none\b/g,
    instead: 'say what it is not, as "that is not a number" or "that does not parse"',
  },
  {
    finds: /\b(?:takes?|taken|taking|took)[_\s]up\b|\b(?:take|taken)Up\b/gi,
    instead: '"load", "begin", "visit" or "occupy"',
  },
  { finds: word("told"), instead: '"given", "reported", "distinguished", "by default", or "listener" for a name' },
  { finds: word("mend", "mends", "mended", "mending"), instead: '"fix"' },
  { finds: word("doubt", "doubts", "doubted"), instead: '"error bound", or what is uncertain and why' },
  {
    finds: /(?<!\bnot\s)\bmet\s+(?:in|so far|before|again|already|during|while|for the first time)\b/gi,
    instead: '"encountered", "visited" or "tested"',
  },
  { finds: declared("met"), instead: '"visited", "encountered" or "holds"' },
  { finds: declared("carried"), instead: '"reply", "message" or what is kept' },
  {
    finds: /\bbeside\s+(?:(?:the|its|their|a)\s+)?(?:published|reference|estimates?|exact|theirs)\b/gi,
    instead: '"compared with", or "next to"',
  },
  { finds: /\bby turns\b/gi, instead: '"alternating"' },
];

export async function find() {
  const files = await readFiles(/\.(md|ts|mts|rs|mjs|py|proto)$/);
  return files
    .filter(({ path }) => !isGenerated(path) && !LEFT_OUT.test(path))
    .flatMap(({ path, text }) => problemsIn(path, text));
}

function problemsIn(path, text) {
  const joined = withoutLineLeads(text);
  const found = RULES.flatMap(({ finds, instead }) =>
    [...joined.matchAll(finds)].map((match) => ({
      index: match.index,
      word: match[0].replace(/^\W+|\W+$/g, "").replace(/\s+/g, " "),
      instead,
    })),
  );
  return found
    .sort((a, b) => a.index - b.index)
    .map(({ index, word, instead }) => `${path}:${lineOf(text, index)}: "${word}": write ${instead}`);
}

/** The text with blanks in place of what begins the lines of a comment, so that a phrase may go over two lines. */
function withoutLineLeads(text) {
  return text.replace(/\n[ \t]*(?:\/\/[/!]?|\*|#|>)/g, (lead) => `\n${" ".repeat(lead.length - 1)}`);
}

function lineOf(text, index) {
  return text.slice(0, index).split("\n").length;
}
