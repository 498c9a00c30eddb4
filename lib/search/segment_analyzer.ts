import type { Analyzer } from "./analyzer.ts";

/** Characters of scripts written without spaces, or of other words. */
const PIECES =
  /(?<unspaced>[[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}]&&[\p{L}\p{M}\p{N}]]+)|[[\p{L}\p{M}\p{N}_]--[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}]]+/gv;

/**
 * Makes an analyzer that knows no endings and drops no words: the words that
 * Unicode's dictionaries find, in lower case and one form (NFKC), so that full
 * and half width are the same. For Japanese, and for languages without a
 * stemmer.
 *
 * The words depend on the dictionaries of the Deno in use; an index is built and
 * asked with the same one.
 *
 * Source: Unicode annex 29, by `Intl.Segmenter`.
 *
 * @param options Language that the dictionaries are chosen for, default `ja`.
 * @returns The analyzer.
 *
 * @example Usage
 * ```ts
 * import { segmentAnalyzer } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tokens = segmentAnalyzer();
 * assertEquals(tokens("東京の天気、Ｔｏｋｙｏ！"), ["東京", "の", "天気", "tokyo"]);
 * ```
 */
export function segmentAnalyzer(
  options: { readonly locale?: string } = {},
): Analyzer {
  const { locale = "ja" } = options;
  const segmenter = new Intl.Segmenter(locale, { granularity: "word" });
  return (text) => {
    const tokens: string[] = [];
    for (const part of segmenter.segment(oneForm(text))) {
      if (part.isWordLike) tokens.push(part.segment);
    }
    return tokens;
  };
}

/**
 * Makes an analyzer without any dictionary: pairs of neighbouring characters in
 * scripts written without spaces, whole words elsewhere, in lower case and one
 * form (NFKC). A single character stands alone.
 *
 * Source: the pairs are those of Lucene's `CJKAnalyzer`.
 *
 * @returns The analyzer.
 *
 * @example Usage
 * ```ts
 * import { bigramAnalyzer } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(bigramAnalyzer()("東京都 in Japan 雨"), ["東京", "京都", "in", "japan", "雨"]);
 * ```
 */
export function bigramAnalyzer(): Analyzer {
  return (text) => {
    const tokens: string[] = [];
    for (const { 0: piece, groups } of oneForm(text).matchAll(PIECES)) {
      if (groups?.unspaced) pushPairs(tokens, [...piece]);
      else tokens.push(piece);
    }
    return tokens;
  };
}

/** Lower case, in the compatibility form. */
function oneForm(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

/** Adds neighbouring characters by two, or the only one alone. */
function pushPairs(tokens: string[], characters: readonly string[]): void {
  if (characters.length === 1) tokens.push(characters[0]!);
  for (let place = 1; place < characters.length; place++) {
    tokens.push(characters[place - 1]! + characters[place]!);
  }
}
