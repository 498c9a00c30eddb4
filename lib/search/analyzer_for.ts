import type { Analyzer } from "./analyzer.ts";
import { englishAnalyzer } from "./english_analyzer.ts";
import { segmentAnalyzer } from "./segment_analyzer.ts";

/** Texts that are looked at. */
const SAMPLE = 200;

/**
 * Picks the analyzer that fits a collection: English stemming where its letters
 * are mostly Latin, segmentation where they are mostly of a script that writes
 * no spaces between words, such as Japanese, Chinese or Thai.
 *
 * @param texts The collection, or some of it; the first 200 are looked at.
 * @returns The analyzer.
 *
 * @example Usage
 * ```ts
 * import { analyzerFor } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(analyzerFor(["Running dogs"])("dogs"), ["dog"]);
 * assertEquals(analyzerFor(["東京は日本の首都です。"])("日本").length > 0, true);
 * ```
 */
export function analyzerFor(texts: Iterable<string>): Analyzer {
  let [letters, unspaced, seen] = [0, 0, 0];
  for (const text of texts) {
    if (seen++ === SAMPLE) break;
    const part = text.slice(0, 500);
    letters += part.match(/\p{L}/gu)?.length ?? 0;
    unspaced += part.match(
      /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/gu,
    )?.length ?? 0;
  }
  return unspaced > letters / 2 ? segmentAnalyzer() : englishAnalyzer();
}
