/** Why a hit has its score, as lines of a terminal: the document with its matched words set off, and the strongest matches. */

import type { Explanation } from "@maxsimd/client";

/** Strongest matches that are listed. */
const LISTED = 5;
/** Without a terminal, as in a pipe. */
const USUAL_WIDTH = 100;

/** A word of a document, joined from its pieces, and the places of its pieces. */
interface Word {
  readonly text: string;
  readonly matched: boolean;
}

/**
 * @param pieces of the document, one for each of its tokens: of a word after its first piece they begin with `##`
 * @param questionPieces one for each token of the query
 * @param bold whether matched words are printed bold; otherwise they are in brackets
 */
export function showExplanation(
  { tokens, similarities }: Explanation,
  pieces: readonly string[],
  questionPieces: readonly string[],
  bold = process.stdout.isTTY === true,
  columns = process.stdout.columns ?? USUAL_WIDTH,
): string {
  const matched = new Set(tokens);
  const words = joinPieces(pieces, (piece) => matched.has(piece));
  const shown = words.map(({ text, matched }) => [text, matched ? setOff(text, bold) : text] as const);
  const best = Array.from(tokens, (token, i) => ({ token, question: i, similarity: similarities[i] ?? 0 }))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, LISTED)
    .map(({ token, question, similarity }) => {
      const pair = `${questionPieces[question]} → ${wordAt(pieces, token)}`;
      return `  ${pair.padEnd(32)} ${similarity.toFixed(3)}`;
    });
  return [...wrap(shown, columns - 4).map((line) => `    ${line}`), ...best].join("\n");
}

function setOff(text: string, bold: boolean): string {
  return bold ? `\u001b[1m${text}\u001b[22m` : `[${text}]`;
}

/** Words from word pieces; a word is matched if one of its pieces is. */
function joinPieces(pieces: readonly string[], isMatched: (piece: number) => boolean): Word[] {
  const words: Word[] = [];
  pieces.forEach((piece, i) => {
    const last = words.at(-1);
    if (piece.startsWith("##") && last !== undefined) {
      words[words.length - 1] = { text: last.text + piece.slice(2), matched: last.matched || isMatched(i) };
    } else {
      words.push({ text: piece, matched: isMatched(i) });
    }
  });
  return words;
}

/** The word to which a piece belongs. */
function wordAt(pieces: readonly string[], piece: number): string {
  let [first, end] = [piece, piece + 1];
  while (first > 0 && pieces[first]?.startsWith("##")) first--;
  while (pieces[end]?.startsWith("##")) end++;
  return joinPieces(pieces.slice(first, end), () => false)[0]?.text ?? "";
}

/** Lines of words; the width of a word is that of its plain text and of its brackets. */
function wrap(words: readonly (readonly [plain: string, shown: string])[], width: number): string[] {
  const lines: string[] = [];
  let [line, used] = ["", 0];
  for (const [plain, shown] of words) {
    const length = shown.startsWith("[") ? shown.length : plain.length;
    if (used > 0 && used + 1 + length > width) {
      lines.push(line);
      [line, used] = ["", 0];
    }
    line += `${used > 0 ? " " : ""}${shown}`;
    used += length + (used > 0 ? 1 : 0);
  }
  return used > 0 ? [...lines, line] : lines;
}
