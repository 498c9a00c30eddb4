import { ShapeError } from "../num/shape_error.ts";

/** Which document token a query token took, and how near the two are. */
export interface BestMatch {
  /** Row of the document, counted from 0; the lowest where several are best. */
  readonly documentToken: number;
  /** Their dot product. */
  readonly similarity: number;
}

/** A MaxSim score with its workings. */
export interface MaxSimWorkings {
  /** Sum of the best similarities. */
  readonly score: number;
  /** One best match a query token. */
  readonly matches: readonly BestMatch[];
  /** Every dot product, `[queryTokens][documentTokens]`, for a heat map. */
  readonly similarities: readonly (readonly number[])[];
}

/** Settings of {@linkcode maxSimOf}. */
export interface MaxSimOfOptions {
  /** Which document tokens count, `[documentTokens]`. Default: all. */
  readonly documentKeep?: readonly boolean[];
}

/**
 * Scores one document against one query in plain numbers and shows its work:
 * every query token takes its best document token, and the bests are added up.
 *
 *     score = sum over q of max over kept d of <query[q], document[d]>
 *
 * A dropped document token is no candidate: it never wins, not even where all
 * kept similarities are negative. For teaching; training uses
 * {@linkcode maxSimScores}.
 *
 * Range: `[-queryTokens, queryTokens]` for unit rows (a sum of cosines).
 * Cost: `queryTokens * documentTokens * dim` multiplications.
 * Source: Khattab and Zaharia 2020 (ColBERT), section 3.3, equation 3.
 *
 * @param query `[queryTokens][dim]`, at least one row.
 * @param document `[documentTokens][dim]`, at least one row.
 * @param options Which document tokens count.
 * @returns The score, the best matches and all similarities.
 * @throws {ShapeError} If rows differ in length.
 * @throws {RangeError} If the query is empty or no document token counts.
 *
 * @example Usage
 * ```ts
 * import { maxSimOf } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { score, matches } = maxSimOf([[1, 0], [0, 1]], [[0.6, 0.8], [1, 0]]);
 * assertEquals(score, 1.8);
 * assertEquals(matches[0], { documentToken: 1, similarity: 1 });
 * ```
 */
export function maxSimOf(
  query: readonly (readonly number[])[],
  document: readonly (readonly number[])[],
  options: MaxSimOfOptions = {},
): MaxSimWorkings {
  const { documentKeep = document.map(() => true) } = options;
  checkRows(query, document, documentKeep);
  const similarities = query.map((row) =>
    document.map((column) => dotOf(row, column))
  );
  const matches = similarities.map((row) => bestOf(row, documentKeep));
  const score = matches.reduce((sum, match) => sum + match.similarity, 0);
  return { score, matches, similarities };
}

/** Dot product of two rows of the same length. */
function dotOf(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, h) => sum + value * b[h]!, 0);
}

/** First highest of the kept similarities; NaN wins, so that it stays visible. */
function bestOf(
  similarities: readonly number[],
  keep: readonly boolean[],
): BestMatch {
  let best: BestMatch = { documentToken: -1, similarity: -Infinity };
  similarities.forEach((similarity, documentToken) => {
    if (!keep[documentToken] || Number.isNaN(best.similarity)) return;
    const isFirst = best.documentToken < 0;
    if (isFirst || !(similarity <= best.similarity)) {
      best = { documentToken, similarity };
    }
  });
  return best;
}

/** Refuses rows of unlike length, an empty query and a document of nothing. */
function checkRows(
  query: readonly (readonly number[])[],
  document: readonly (readonly number[])[],
  keep: readonly boolean[],
): void {
  const dim = query[0]?.length;
  if (dim === undefined) {
    throw new RangeError(
      "Cannot score a document: expected at least one query token, got none",
    );
  }
  const odd = [...query, ...document].find((row) => row.length !== dim);
  if (odd) {
    throw new ShapeError("score a document", `dim ${dim}`, `dim ${odd.length}`);
  }
  if (keep.length !== document.length) {
    throw new ShapeError(
      "score a document",
      `${document.length} entries of documentKeep`,
      `${keep.length}`,
    );
  }
  if (!keep.some(Boolean)) {
    throw new RangeError(
      "Cannot score a document: expected at least one counting document token, got none",
    );
  }
}
