/** What English adds to a word whose end stays, drops its `e`, doubles, or turns `y` to `i`. */
const ENDINGS = new Set(
  ["", "s", "es", "d", "ed", "ing", "r", "er", "st", "est", "ly", "'s"],
);

/**
 * Picks the word of a synset that an example sentence uses.
 *
 * @param words Words of the synset, most usual first; there is at least one.
 * @param example A sentence.
 * @returns The first word whose parts all occur in the sentence, as they are or
 * regularly inflected; the first word where none does (irregular forms).
 *
 * @example Usage
 * ```ts
 * import { exampleLemma } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(exampleLemma(["cover", "deal"], "this book deals with incest"), "deal");
 * assertEquals(exampleLemma(["go", "move"], "she went there"), "go");
 * ```
 */
export function exampleLemma(
  words: readonly string[],
  example: string,
): string {
  const tokens = example.toLowerCase().match(/[\p{L}\p{N}'-]+/gu) ?? [];
  const occurs = (word: string) =>
    word.toLowerCase().split(" ").every((part) =>
      tokens.some((token) => isInflected(token, part))
    );
  return words.find(occurs) ?? words[0]!;
}

/**
 * Whether a token is a word, or a regular inflection of it.
 *
 * @param token A token of a sentence, in lower case.
 * @param word A word, in lower case.
 * @returns Whether one of English's regular endings leads from word to token.
 *
 * @example Usage
 * ```ts
 * import { isInflected } from "#lib/mod.ts";
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isInflected("stopped", "stop") && isInflected("tries", "try"));
 * assertFalse(isInflected("stopper", "step"));
 * ```
 */
export function isInflected(token: string, word: string): boolean {
  if (token === word || word.length < 2) return token === word;
  const last = word.at(-1) ?? "";
  const stem = word.slice(0, -1);
  return hasEnding(token, word) ||
    (word.length > 2 && hasEnding(token, word + last)) ||
    (last === "e" && hasEnding(token, stem)) ||
    (last === "y" && hasEnding(token, `${stem}i`));
}

/** Whether a token is a stem and an ending. */
function hasEnding(token: string, stem: string): boolean {
  return token.startsWith(stem) && ENDINGS.has(token.slice(stem.length));
}
