/** Finds documents for a query, best first: BM25, or any other ranking. */
export type Ranker = (
  query: string,
  depth: number,
) => readonly (readonly [id: string, score: number])[];

/**
 * Hard negatives of a query: the best-ranked documents that are not known to be
 * relevant.
 *
 * Unlabelled relevant documents stay among them, and are why negatives mined
 * this way are often drawn from below the very top: `skip` leaves the first ones
 * out.
 *
 * Source: Karpukhin et al. 2020, section 3.2 (BM25 negatives). Differs: their
 * negatives hold no answer string; ours are no labelled positives.
 *
 * @param rank The ranking to mine.
 * @param query The query's text.
 * @param options Relevant document ids; how many to return, default 30; how
 * many of the best to leave out, default 0.
 * @returns Document ids, best first; fewer where the ranking is shorter.
 *
 * @example Usage
 * ```ts
 * import { hardNegatives } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const rank = () => [["a", 3], ["b", 2], ["c", 1]] as const;
 * assertEquals(hardNegatives(rank, "?", { relevant: ["a"] }), ["b", "c"]);
 * ```
 */
export function hardNegatives(
  rank: Ranker,
  query: string,
  options: {
    readonly relevant: readonly string[];
    readonly depth?: number;
    readonly skip?: number;
  },
): string[] {
  const { relevant, depth = 30, skip = 0 } = options;
  const known = new Set(relevant);
  return rank(query, depth + skip + relevant.length)
    .map(([id]) => id)
    .filter((id) => !known.has(id))
    .slice(skip, skip + depth);
}
