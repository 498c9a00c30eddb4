/** Most stretches of text whose ids are remembered; then all are forgotten. */
const MOST = 1 << 16;

/** Characters of the longest stretch that is remembered. */
const LONGEST = 64;

/** Spaces, which belong to no word. */
export const AT_SPACES = /[ \t\n\r]+/;

/** Before a single space between signs of ASCII: the space belongs to what follows. */
export const BEFORE_SPACES = /(?<=[!-~])(?= [!-~])/;

/**
 * Remembers the ids of stretches of text, for tokenizers to which text on one side of a
 * cut never matters on the other: words come again and again, and looking one up is
 * ten times faster than splitting it.
 *
 * Ids are those of `encode`, in the same order. At most 65,536 stretches of up to 64
 * characters are remembered.
 *
 * @param encode Text to ids; ids of a text must be those of its stretches one after
 * the other, and of no text none.
 * @param cut Where texts are cut; what it matches is left out. Default
 * {@linkcode AT_SPACES}.
 * @returns The same, faster.
 *
 * @example Usage
 * ```ts
 * import { knownWords } from "#lib/text/known_words.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const asked: string[] = [];
 * const encode = knownWords((text) => {
 *   asked.push(text);
 *   return [text.length];
 * });
 * assertEquals(encode("to be or\nnot to be"), [2, 2, 2, 3, 2, 2]);
 * assertEquals(asked, ["to", "be", "or", "not"]);
 * ```
 */
export function knownWords(
  encode: (text: string) => readonly number[],
  cut: RegExp = AT_SPACES,
): (text: string) => number[] {
  const known = new Map<string, readonly number[]>();
  const idsOf = (stretch: string): readonly number[] => {
    const found = known.get(stretch);
    if (found !== undefined) return found;
    const ids = encode(stretch);
    if (stretch.length > LONGEST) return ids;
    if (known.size >= MOST) known.clear();
    // A slice keeps the whole text that it was cut from in memory; this copies it.
    known.set(structuredClone(stretch), ids);
    return ids;
  };
  return (text) => {
    const ids: number[] = [];
    for (const stretch of text.split(cut)) {
      if (stretch === "") continue;
      for (const id of idsOf(stretch)) ids.push(id);
    }
    return ids;
  };
}
