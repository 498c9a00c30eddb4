import { stemmer } from "stemmer";
import type { Analyzer } from "./analyzer.ts";

/** The 33 words that Lucene's English analyzer drops. */
export const ENGLISH_STOPWORDS: readonly string[] =
  ("a an and are as at be but by for if in into is it no not of on or such " +
    "that the their then there these they this to was will with").split(" ");

/** How English text is cut. */
export interface EnglishAnalyzerOptions {
  /** Words to drop, in lower case, before stemming; default Lucene's 33. */
  readonly stopwords?: Iterable<string>;
  /** Whether words lose their endings (Porter's stemmer), default yes. */
  readonly stem?: boolean;
}

/** A run of letters and digits; points, commas and apostrophes join where they do in Unicode's rules. */
const WORD =
  /[\p{L}\p{M}\p{N}_]+(?:(?:(?<=[\p{L}\p{M}])['’.](?=\p{L})|(?<=\p{N})[.,'’](?=\p{N}))[\p{L}\p{M}\p{N}_]+)*/gu;
const POSSESSIVE = /['’]s$/;
const PLAIN = /^[a-z]{3,}$/;
/** Stems kept, so that a word is stemmed once. */
const KEPT = 200_000;

/**
 * Makes an analyzer for English, on the pattern of Lucene's: words, lower case,
 * no possessive `'s`, no stop words, Porter's stems.
 *
 * Only words of `a` to `z` are stemmed; `il-6` is cut in two, `3.5` is not.
 *
 * Source: Porter 1980, by npm package `stemmer`; Unicode annex 29 for words.
 * Differs: Lucene's words follow annex 29 in every script; here Chinese and
 * Japanese text is not cut (use `segmentAnalyzer` or `bigramAnalyzer`).
 *
 * @param options Stop words and stemming.
 * @returns The analyzer.
 *
 * @example Usage
 * ```ts
 * import { englishAnalyzer } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tokens = englishAnalyzer();
 * assertEquals(tokens("The dog's running, 3.5 times!"), ["dog", "run", "3.5", "time"]);
 * const words = englishAnalyzer({ stopwords: [], stem: false });
 * assertEquals(words("The Dogs"), ["the", "dogs"]);
 * ```
 */
export function englishAnalyzer(
  options: EnglishAnalyzerOptions = {},
): Analyzer {
  const { stopwords = ENGLISH_STOPWORDS, stem = true } = options;
  const dropped = new Set(stopwords);
  const stemOf = stem ? rememberingStemmer() : (word: string) => word;
  return (text) => {
    const words = text.normalize("NFKC").toLowerCase().match(WORD) ?? [];
    return words
      .map((word) => word.replace(POSSESSIVE, ""))
      .filter((word) => !dropped.has(word))
      .map(stemOf);
  };
}

/** Porter's stemmer, with the stems of words seen before. */
function rememberingStemmer(): (word: string) => string {
  const stems = new Map<string, string>();
  return (word) => {
    const known = stems.get(word);
    if (known !== undefined) return known;
    const stem = PLAIN.test(word) ? stemmer(word) : word;
    if (stems.size < KEPT) stems.set(word, stem);
    return stem;
  };
}
