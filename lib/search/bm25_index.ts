import type { Analyzer } from "./analyzer.ts";

/** Form of the formula: how rare terms are weighed, and the factor k1 + 1. */
export type Bm25Formula = "lucene" | "robertson" | "atire";

/** Scores of every document, and which ones a query met. */
export interface Bm25Scores {
  /** `[documents]`, 0 without a shared term. */
  readonly values: Float64Array;
  /** Places of the documents that share a term with the query. */
  readonly matched: Int32Array;
}

/** An inverted index whose postings hold finished scores. */
export interface Bm25Index {
  /** Scores of the documents against the tokens of a query. */
  scores(tokens: readonly string[]): Bm25Scores;
  /** Different tokens in the documents. */
  readonly terms: number;
}

/** What postings are built from. */
interface Counts {
  readonly terms: ReadonlyMap<string, number>;
  /** `[postings]` document, then how often the term stands there, by term. */
  readonly documents: Int32Array;
  readonly times: Int32Array;
  /** `[terms + 1]` where a term's postings start. */
  readonly starts: Int32Array;
  /** `[documents]` number of tokens. */
  readonly lengths: Int32Array;
}

/**
 * Counts the tokens of documents and finishes the score of every posting, so
 * that a query only adds them up.
 *
 * Cost: 12 bytes a posting.
 *
 * @param texts Documents, in order.
 * @param options k1, b, formula and analyzer.
 * @returns The index.
 *
 * @example Usage
 * ```ts
 * import { bm25Index, whitespaceTokens } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { k1: 1.2, b: 0.75, formula: "lucene", tokens: whitespaceTokens } as const;
 * const { scores } = bm25Index(["x y", "y y"], options);
 * assertEquals([...scores(["x"]).matched], [0]);
 * ```
 */
export function bm25Index(
  texts: Iterable<string>,
  options: {
    readonly k1: number;
    readonly b: number;
    readonly formula: Bm25Formula;
    readonly tokens: Analyzer;
  },
): Bm25Index {
  const counts = countTokens(texts, options.tokens);
  const scores = finishedScores(counts, options);
  const { terms, starts, documents, lengths } = counts;
  return {
    terms: terms.size,
    scores: (tokens) => {
      const values = new Float64Array(lengths.length);
      const seen = new Uint8Array(lengths.length);
      for (const token of tokens) {
        const term = terms.get(token);
        if (term === undefined) continue;
        for (let at = starts[term]!; at < starts[term + 1]!; at++) {
          const document = documents[at]!;
          values[document]! += scores[at]!;
          seen[document] = 1;
        }
      }
      return { values, matched: placesOfOnes(seen) };
    },
  };
}

/** Counts tokens by term and document: terms of all documents first, then postings sorted by term. */
function countTokens(texts: Iterable<string>, tokens: Analyzer): Counts {
  const terms = new Map<string, number>();
  const lengths: number[] = [];
  const parts: Int32Array[] = [];
  for (const text of texts) {
    const ids = Int32Array.from(tokens(text), (token) => {
      const known = terms.get(token);
      if (known !== undefined) return known;
      terms.set(token, terms.size);
      return terms.size - 1;
    }).sort();
    lengths.push(ids.length);
    parts.push(ids);
  }
  return {
    terms,
    lengths: Int32Array.from(lengths),
    ...postings(parts, terms.size),
  };
}

/** Postings in order of term, then document, from each document's sorted terms. */
function postings(parts: readonly Int32Array[], terms: number) {
  const starts = new Int32Array(terms + 1);
  for (const ids of parts) {
    for (let at = 0; at < ids.length; at++) {
      if (ids[at] !== ids[at - 1]) starts[ids[at]! + 1]!++;
    }
  }
  for (let term = 0; term < terms; term++) starts[term + 1]! += starts[term]!;
  const next = starts.slice();
  const documents = new Int32Array(starts[terms]!);
  const times = new Int32Array(starts[terms]!);
  parts.forEach((ids, document) => {
    for (let at = 0; at < ids.length; at++) {
      const term = ids[at]!;
      if (term !== ids[at - 1]) documents[next[term]!++] = document;
      times[next[term]! - 1]!++;
    }
  });
  return { starts, documents, times };
}

/** What each posting adds to a score. */
function finishedScores(
  { starts, documents, times, lengths }: Counts,
  { k1, b, formula }: {
    readonly k1: number;
    readonly b: number;
    readonly formula: Bm25Formula;
  },
): Float64Array {
  const meanLength = lengths.reduce((sum, length) => sum + length, 0) /
    lengths.length;
  const damping = Float64Array.from(
    lengths,
    (length) => k1 * (1 - b + b * length / meanLength),
  );
  const scores = new Float64Array(documents.length);
  const factor = formula === "atire" ? k1 + 1 : 1;
  for (let term = 0; term + 1 < starts.length; term++) {
    const holding = starts[term + 1]! - starts[term]!;
    const weight = factor * rarity(holding, lengths.length, formula);
    for (let at = starts[term]!; at < starts[term + 1]!; at++) {
      const tf = times[at]!;
      scores[at] = weight * tf / (tf + damping[documents[at]!]!);
    }
  }
  return scores;
}

/** Inverse document frequency of a term that some of all documents hold. */
function rarity(holding: number, all: number, formula: Bm25Formula): number {
  const odds = (all - holding + 0.5) / (holding + 0.5);
  if (formula === "lucene") return Math.log1p(odds);
  if (formula === "robertson") return Math.log(Math.max(1, odds));
  return Math.log(all / holding);
}

/** Where a row of flags is set. */
function placesOfOnes(flags: Uint8Array): Int32Array {
  const places = new Int32Array(flags.length);
  let count = 0;
  for (let place = 0; place < flags.length; place++) {
    if (flags[place] === 1) places[count++] = place;
  }
  return places.subarray(0, count);
}
