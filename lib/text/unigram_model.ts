/** A Unigram vocabulary: place = id. */
export interface UnigramVocabulary {
  /** Each piece with its log-probability. */
  readonly pieces: readonly (readonly [piece: string, score: number])[];
  /** Id of the unknown piece; absent where there is none. */
  readonly unknown?: number | undefined;
  /** Whether an unknown stretch becomes its UTF-8 bytes, as pieces `<0xE3>`. */
  readonly byteFallback?: boolean;
}

/** How much worse than the worst piece an unknown symbol is. */
const UNKNOWN_PENALTY = 10;

/**
 * Makes the splitter of a Unigram model: of all ways to cut a word into pieces, the one
 * with the highest sum of scores.
 *
 *     best[end] = max over pieces [start, end) of best[start] + score(piece)
 *
 * A symbol that is no piece costs the lowest score minus 10; unknown symbols in a row
 * become one piece, or its bytes. Of equal sums the one whose last piece is longest
 * wins. Scores are 64-bit sums.
 *
 * Cost: symbols of the word times the longest piece that begins with each.
 * Source: Kudo 2018, section 3.2; ties, unknowns and bytes as in the Rust library
 * `tokenizers` 0.23.
 *
 * @param vocabulary Pieces, the unknown one, and whether bytes stand in for it.
 * @returns From a word, with spaces as the vocabulary spells them, to its pieces; an
 * unknown piece is given as the vocabulary's own.
 *
 * @example Usage
 * ```ts
 * import { unigramModel } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const split = unigramModel({
 *   pieces: [["<unk>", 0], ["a", -1], ["b", -1], ["ab", -1.5], ["<0xC3>", -9], ["<0xA4>", -9]],
 *   unknown: 0,
 *   byteFallback: true,
 * });
 * assertEquals(split("abaä"), ["ab", "a", "<0xC3>", "<0xA4>"]);
 * ```
 */
export function unigramModel(
  vocabulary: UnigramVocabulary,
): (word: string) => string[] {
  const { pieces, unknown, byteFallback = false } = vocabulary;
  const scores = new Map(pieces);
  const longest = longestByStart(pieces);
  const lowest = pieces.reduce((least, [, s]) => Math.min(least, s), Infinity);
  const missing = lowest - UNKNOWN_PENALTY;
  const unknownPiece = unknown === undefined ? "" : pieces[unknown]![0];
  return (word) => {
    const begins = bestBegins(word, { scores, longest, missing });
    const found: string[] = [];
    for (const { text, known } of stretches(word, begins)) {
      if (known || scores.has(text)) found.push(text);
      else {found.push(
          ...(byteFallback && bytesOf(text, scores) ||
            [unknownPiece]),
        );}
    }
    return found;
  };
}

/** Length in UTF-16 units of the longest piece that begins with each symbol. */
function longestByStart(
  pieces: UnigramVocabulary["pieces"],
): Map<string, number> {
  const longest = new Map<string, number>();
  for (const [piece] of pieces) {
    if (piece === "") continue;
    const first = String.fromCodePoint(piece.codePointAt(0)!);
    longest.set(first, Math.max(longest.get(first) ?? 0, piece.length));
  }
  return longest;
}

/** Where the last piece of the best split up to each place begins; -1 - begin if unknown. */
function bestBegins(word: string, { scores, longest, missing }: {
  readonly scores: ReadonlyMap<string, number>;
  readonly longest: ReadonlyMap<string, number>;
  readonly missing: number;
}): Int32Array {
  const best = new Float64Array(word.length + 1).fill(-Infinity);
  const begins = new Int32Array(word.length + 1);
  best[0] = 0;
  const offer = (start: number, end: number, score: number, known: boolean) => {
    const sum = best[start]! + score;
    if (!(sum > best[end]!)) return;
    best[end] = sum;
    begins[end] = known ? start : -1 - start;
  };
  for (let start = 0; start < word.length;) {
    const symbol = String.fromCodePoint(word.codePointAt(start)!);
    const next = start + symbol.length;
    const last = Math.min(word.length, start + (longest.get(symbol) ?? 0));
    for (let end = next; end <= last; end++) {
      const score = scores.get(word.slice(start, end));
      if (score !== undefined) offer(start, end, score, true);
    }
    if (!scores.has(symbol)) offer(start, next, missing, false);
    start = next;
  }
  return begins;
}

/** The pieces of the best split in order, unknown ones in a row joined. */
function stretches(
  word: string,
  begins: Int32Array,
): { readonly text: string; readonly known: boolean }[] {
  const found: { text: string; known: boolean }[] = [];
  for (let end = word.length; end > 0;) {
    const known = begins[end]! >= 0;
    const start = known ? begins[end]! : -1 - begins[end]!;
    const text = word.slice(start, end);
    const after = found.at(-1);
    if (!known && after?.known === false) after.text = text + after.text;
    else found.push({ text, known });
    end = start;
  }
  return found.reverse();
}

/** The pieces of a text's bytes, or nothing where the vocabulary lacks one. */
function bytesOf(
  text: string,
  scores: ReadonlyMap<string, number>,
): string[] | undefined {
  const pieces = Array.from(
    new TextEncoder().encode(text),
    (byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  return pieces.every((piece) => scores.has(piece)) ? pieces : undefined;
}
