import type { Tokenizer } from "./tokenizer.ts";

/** One piece of a Unigram vocabulary: its text and its log-probability. */
type Entry = readonly [piece: string, score: number];

/** A place in the tree of pieces, one child a symbol. */
interface Node {
  readonly children: Map<string, Node>;
  id: number;
  score: number;
}

/** The first ids are the unknown piece, control symbols and user symbols: never matched. */
const RESERVED = 6;

/** Longest piece taken, in symbols, so that work stays linear in the text. */
const LONGEST = 256;

/** The sign that stands for a space, U+2581. */
const SPACE = "\u2581";

/**
 * Builds the tokenizer of the Universal Sentence Encoder Lite: Unicode form NFKC, each
 * space (and the start) to U+2581, then the split with the highest sum of scores.
 *
 * Two habits of the original are kept because its weights were used with them. A symbol
 * at which no piece starts is the unknown id 0 with score 0, better than any piece, and
 * unknowns in a row become one. A score written `null` counts as 0 (in the published
 * vocabulary: seven pieces with a colon).
 *
 * Cost: text length times the longest piece (16 in the published vocabulary).
 * Source: the tokenizers of `@energetic-ai/embeddings` 0.2.0 and
 * `@tensorflow-models/universal-sentence-encoder` 1.3.3, to the id.
 * Differs: pieces beyond U+FFFF, which that vocabulary has none of, have the length of
 * one symbol here and of two there.
 *
 * @param vocabJson The parsed `vocab.json`: a list of `[piece, score]`, place = id.
 * @returns The tokenizer; its only special token is the unknown one.
 * @throws {SyntaxError} If the list is not such a vocabulary; the entry is named.
 *
 * @example Usage
 * ```ts
 * import { unigramTokenizer } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const reserved = ["?", "<s>", "</s>", "a", "b", "c"].map((piece) => [piece, 0]);
 * const pieces = [..."▁later"].map((piece) => [piece, -4]);
 * pieces.push(["▁late", -6]);
 * const tokenizer = unigramTokenizer([...reserved, ...pieces]);
 * assertEquals(tokenizer.encode("later").map(tokenizer.token), ["▁late", "r"]);
 * assertEquals(tokenizer.encode("läß l").map(tokenizer.token), ["▁", "l", "?", "▁", "l"]);
 * ```
 */
export function unigramTokenizer(vocabJson: unknown): Tokenizer {
  const vocabulary = checked(vocabJson);
  const ids = new Map(vocabulary.map(([piece], id) => [piece, id]));
  const root = tree(vocabulary);
  return {
    vocabularySize: vocabulary.length,
    special: { unknown: 0 },
    encode: (text) => split([...prepared(text)], root),
    token: (id) => {
      const entry = vocabulary[id];
      if (entry !== undefined) return entry[0];
      throw new RangeError(
        `Cannot name token ${id}: expected an id of the vocabulary below ${vocabulary.length}, got ${id}`,
      );
    },
    id: (token) => ids.get(token),
  };
}

/** A vocabulary whose entries are known to be pieces and finite scores. */
function checked(value: unknown): Entry[] {
  if (!Array.isArray(value) || value.length <= RESERVED) {
    const got = Array.isArray(value) ? `${value.length} entries` : typeof value;
    throw refuse(`a list of more than ${RESERVED} entries`, got);
  }
  return value.map((entry: unknown, id) => {
    const [piece, score] = Array.isArray(entry) ? entry : [];
    const length = typeof piece === "string"
      ? [...piece.slice(0, 2 * LONGEST + 2)].length
      : 0;
    if (
      length === 0 || length > LONGEST ||
      !(score === null || Number.isFinite(score))
    ) {
      const got = JSON.stringify(entry)?.slice(0, 80) ?? "undefined";
      throw refuse(
        `[piece of 1 to ${LONGEST} symbols, finite score] at entry ${id}`,
        got,
      );
    }
    return [piece, score ?? 0];
  });
}

/** Says what about a vocabulary is wrong. */
function refuse(expected: string, got: string): SyntaxError {
  return new SyntaxError(
    `Cannot read Unigram vocabulary: expected ${expected}, got ${got}`,
  );
}

/** The text as the vocabulary spells it. */
function prepared(text: string): string {
  const normal = text.normalize("NFKC");
  return normal === "" ? "" : SPACE + normal.replaceAll(" ", SPACE);
}

/** Puts every piece that may be matched into a tree; of equal pieces the last stays. */
function tree(vocabulary: readonly Entry[]): Node {
  const leaf = (): Node => ({ children: new Map(), id: -1, score: 0 });
  const root = leaf();
  for (let id = RESERVED; id < vocabulary.length; id++) {
    const [piece, score] = vocabulary[id]!;
    let node = root;
    for (const symbol of piece) {
      let next = node.children.get(symbol);
      if (next === undefined) node.children.set(symbol, next = leaf());
      node = next;
    }
    node.id = id;
    node.score = score;
  }
  return root;
}

/** Viterbi from left to right, then the ids from the last piece back to the first. */
function split(symbols: readonly string[], root: Node): number[] {
  const best = new Float64Array(symbols.length + 1);
  const pieceEnding = new Int32Array(symbols.length + 1);
  const lengthEnding = new Int32Array(symbols.length + 1).fill(1);
  const offer = (
    start: number,
    end: number,
    piece: { readonly id: number; readonly score: number },
  ) => {
    const score = piece.score + best[start]!;
    // A best of exactly 0 means "none yet" in the original, and a tie goes to the shorter piece.
    if (best[end] !== 0 && !(score >= best[end]!)) return;
    best[end] = score;
    pieceEnding[end] = piece.id;
    lengthEnding[end] = end - start;
  };
  for (let start = 0; start < symbols.length; start++) {
    let matched = false;
    let node = root.children.get(symbols[start]!);
    for (let end = start + 1; node !== undefined; end++) {
      if (node.id >= 0) {
        matched = true;
        offer(start, end, node);
      }
      node = end < symbols.length
        ? node.children.get(symbols[end]!)
        : undefined;
    }
    if (!matched) offer(start, start + 1, { id: 0, score: 0 });
  }
  return backwards(pieceEnding, lengthEnding);
}

/** Follows the best pieces from the end; unknowns in a row become one. */
function backwards(
  pieceEnding: Int32Array,
  lengthEnding: Int32Array,
): number[] {
  const ids: number[] = [];
  for (let end = pieceEnding.length - 1; end > 0; end -= lengthEnding[end]!) {
    const id = pieceEnding[end]!;
    if (id !== 0 || ids.at(-1) !== 0) ids.push(id);
  }
  return ids.reverse();
}
