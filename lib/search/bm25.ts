import type { Analyzer } from "./analyzer.ts";
import { type Bm25Formula, bm25Index } from "./bm25_index.ts";
import { bestPlaces, placesOfIds } from "./best_places.ts";
import { englishAnalyzer } from "./english_analyzer.ts";

/** How documents are indexed and scored. */
export interface Bm25Options {
  /** How fast repetitions of a term stop counting, 0 or more, default 1.2. */
  readonly k1?: number;
  /** How much long documents are held back, 0 to 1, default 0.75. */
  readonly b?: number;
  /** Which form of the formula, default `lucene`. */
  readonly formula?: Bm25Formula;
  /** Cuts documents and queries into tokens, default `englishAnalyzer()`. */
  readonly tokens?: Analyzer;
}

/** Documents that can be searched. */
export interface Bm25 {
  /** The `k` best documents that share a term with the query, best first. */
  search(query: string, k: number): [id: string, score: number][];
  /** A score for every document, in the order they came; 0 without a shared term. */
  scores(query: string): Float64Array;
  /** Ids of the documents, in the order they came. */
  readonly ids: readonly string[];
}

/**
 * Indexes documents for BM25.
 *
 *     score = sum over query tokens of idf(token) tf / (tf + k1 (1 - b + b length / mean length))
 *     lucene:    idf = ln(1 + (N - df + 0.5) / (df + 0.5))
 *     robertson: idf = ln(max(1, (N - df + 0.5) / (df + 0.5)))
 *     atire:     idf = ln(N / df), the fraction times k1 + 1
 *
 * A token that a query repeats counts as often as it stands there. Ties are in
 * the order of `rankDocuments`: equal as 32-bit floats, last id first. Scores
 * compare within one query only.
 *
 * Cost: time and memory of the index grow with the tokens; a query costs the
 * documents that hold its terms.
 * Source: Robertson and Zaragoza 2009; the forms as in Kamphuis et al. 2020;
 * equal to `bm25s` on the same tokens.
 * Differs: Lucene itself keeps document lengths in one byte, which moves scores
 * a little.
 *
 * @param documents Texts by id; a text without tokens is never found.
 * @param options k1, b, formula and analyzer.
 * @returns The index.
 * @throws {RangeError} If there is no document, or k1 or b is out of range.
 *
 * @example Usage
 * ```ts
 * import { bm25 } from "#lib/mod.ts";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const index = bm25(new Map([["d1", "red cats"], ["d2", "blue dogs"]]));
 * const found = index.search("a cat", 10);
 * assertEquals(found.map(([id]) => id), ["d1"]);
 * assertAlmostEquals(found[0]![1], Math.log(2) / 2.2, 1e-12);
 * ```
 */
export function bm25(
  documents: ReadonlyMap<string, string>,
  options: Bm25Options = {},
): Bm25 {
  const { k1 = 1.2, b = 0.75, formula = "lucene" } = options;
  const { tokens = englishAnalyzer() } = options;
  checkOptions(documents.size, k1, b);
  const index = bm25Index(documents.values(), { k1, b, formula, tokens });
  const ids = [...documents.keys()];
  const idPlaces = placesOfIds(ids);
  const scores = (query: string) => index.scores(tokens(query));
  return {
    ids,
    scores: (query) => scores(query).values,
    search: (query, k) => {
      const { values, matched } = scores(query);
      return bestPlaces(values, { k, idPlaces, among: matched })
        .map((place) => [ids[place]!, values[place]!]);
    },
  };
}

/** Refuses options that no ranking can come from. */
function checkOptions(documents: number, k1: number, b: number): void {
  const check = (good: boolean, expected: string, got: number) => {
    if (good) return;
    throw new RangeError(
      `Cannot index for BM25: expected ${expected}, got ${got}`,
    );
  };
  check(documents > 0, "at least one document", documents);
  check(k1 >= 0 && k1 < Infinity, "k1 of 0 or more", k1);
  check(b >= 0 && b <= 1, "b from 0 to 1", b);
}
