/** How a long document is cut into parts; can be written as JSON. */
export interface PartsForm {
  /** Words of a part, at least 1. Default 150. */
  readonly words?: number;
  /** Words from the start of a part to that of the next, 1 to `words`. Default 75. */
  readonly stride?: number;
  /** Most parts of a document, from its start; 1 is FirstP. Default: all. */
  readonly most?: number;
}

/**
 * Cuts a document into overlapping parts, each a stretch of the text as it stands.
 *
 *     part k = words [k stride, k stride + words),   until a part reaches the end
 *
 * Scored by its best part the document is MaxP, by its first (`most: 1`) FirstP; without
 * parts a document form cuts after its length in tokens, which is FirstP too. Words are
 * Unicode's, so that languages without spaces have them; a text without any is one part.
 *
 * Cost: linear in the text.
 * Source: Dai and Callan 2019 (Deeper Text Understanding), section 3: 150 words, every 75.
 *
 * @param text The document.
 * @param form Words, stride, most parts.
 * @returns The parts in order, at least one.
 * @throws {RangeError} If a number of the form is not a whole one within its bounds.
 *
 * @example Usage
 * ```ts
 * import { documentParts } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const form = { words: 3, stride: 2 };
 * assertEquals(documentParts("One two, three four. Five!", form), [
 *   "One two, three",
 *   "three four. Five!",
 * ]);
 * ```
 */
export function documentParts(text: string, form: PartsForm = {}): string[] {
  const { words = 150, stride = 75, most = Infinity } = form;
  check("words", words, 1e6);
  check("stride", stride, words);
  if (most !== Infinity) check("most parts", most, 1e6);
  const segments = new Intl.Segmenter("und", { granularity: "word" });
  const starts: number[] = [];
  for (const { index, isWordLike } of segments.segment(text)) {
    if (isWordLike) starts.push(index);
  }
  const parts: string[] = [];
  for (let first = 0; parts.length < most; first += stride) {
    const isLast = first + words >= starts.length;
    const end = isLast ? text.length : starts[first + words]!;
    const start = first === 0 ? 0 : starts[first]!;
    parts.push(isLast ? text.slice(start) : text.slice(start, end).trimEnd());
    if (isLast) break;
  }
  return parts;
}

/** Refuses a number that is not a whole one from 1 to `most`. */
function check(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new RangeError(
    `Cannot cut documents: expected ${name} a whole number from 1 to ${most}, got ${value}`,
  );
}
