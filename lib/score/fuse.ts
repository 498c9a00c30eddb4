/** Settings of {@linkcode fuse}. */
export interface FuseOptions {
  /** Weight of one side, at least 0. Default 0.1. */
  readonly alpha?: number;
  /** Which side it weighs. Default `sparse`. */
  readonly weightOn?: "sparse" | "dense";
  /** Whether each list is first moved to `[-1/2, 1/2]`. Default false. */
  readonly isNormalised?: boolean;
}

/**
 * Joins the rankings of a sparse and a dense search for one query.
 *
 *     fused = alpha * sparse + dense          or: sparse + alpha * dense
 *
 * A document that one list lacks gets the lowest score of that list, which is
 * weighted like any other; an empty list gives 0. A true score of 0 is a score: the
 * authors' own script takes it for missing. Alpha depends on the scale of the dense scores: 0.12 for one
 * model, 0.06 for its successor.
 *
 * Range: normalised lists run from -1/2 to 1/2; a list of equal scores becomes 0.
 * Source: Lin, Yang and Lin 2021 (TCT-ColBERT), section on hybrid search, alpha 0.24
 * in their script; Pyserini's `HybridSearcher`, alpha 0.1 and the normalisation.
 *
 * @param sparse Score by document id.
 * @param dense Score by document id.
 * @param options Weight, its side and normalisation.
 * @returns Document and score, best first; equal scores by id, descending.
 * @throws {RangeError} If alpha is not at least 0.
 *
 * @example Usage
 * ```ts
 * import { fuse } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const sparse = new Map([["a", 10], ["b", 4]]);
 * const dense = new Map([["b", 2], ["c", 1]]);
 * const fused = fuse(sparse, dense, { alpha: 0.5 });
 * assertEquals(fused, [["a", 6], ["b", 4], ["c", 3]]); // c: 0.5 * 4 + 1
 * ```
 */
export function fuse(
  sparse: ReadonlyMap<string, number>,
  dense: ReadonlyMap<string, number>,
  options: FuseOptions = {},
): [string, number][] {
  const { alpha = 0.1, weightOn = "sparse", isNormalised = false } = options;
  if (!(alpha >= 0 && alpha < Infinity)) {
    throw new RangeError(
      `Cannot fuse rankings: expected alpha of at least 0, got ${alpha}`,
    );
  }
  const [ofSparse, ofDense] = weightOn === "sparse" ? [alpha, 1] : [1, alpha];
  const sparseOf = reader(sparse, isNormalised);
  const denseOf = reader(dense, isNormalised);
  return [...new Set([...sparse.keys(), ...dense.keys()])]
    .map((id): [string, number] => [
      id,
      ofSparse * sparseOf(id) + ofDense * denseOf(id),
    ])
    .sort(([a, x], [b, y]) => y - x || (a < b ? 1 : -1));
}

/** A list's score of any document. */
function reader(
  scores: ReadonlyMap<string, number>,
  isNormalised: boolean,
): (id: string) => number {
  let [lowest, highest] = [Infinity, -Infinity];
  for (const score of scores.values()) {
    lowest = Math.min(lowest, score);
    highest = Math.max(highest, score);
  }
  const middle = (lowest + highest) / 2;
  const width = highest - lowest;
  const scaled = (score: number) => {
    if (!isNormalised) return score;
    return width === 0 ? 0 : (score - middle) / width;
  };
  const otherwise = scores.size === 0 ? 0 : scaled(lowest);
  return (id) => {
    const score = scores.get(id);
    return score === undefined ? otherwise : scaled(score);
  };
}
