import type { JudgedRanking } from "./judged_ranking.ts";
import type { Measure } from "./measure.ts";

/**
 * One measure of one query.
 *
 *     ndcg       = sum of grade / log2(rank + 1), over that of the ideal ranking
 *     map        = sum over relevant ranks of the precision there, over relevant
 *     recip_rank = 1 / rank of the first relevant
 *     recall, P  = relevant in the first k, over relevant, over k
 *     success    = 1 if one of the first k is relevant
 *
 * With a cut only the first ranks count. The denominator of `map_cut` and
 * `recall` stays the number of all relevant documents, and `P` divides by `k`
 * also where fewer documents were retrieved. A query without relevant documents
 * has 0, not an error. nDCG uses grades and knows no relevance level.
 *
 * Range: `[0, 1]`.
 * Source: trec_eval, `m_ndcg_cut.c` and its neighbours; Jarvelin and Kekalainen
 * 2002 for nDCG.
 *
 * @param measure What to count.
 * @param judged The query's judged ranking.
 * @returns The query's value.
 *
 * @example Usage
 * ```ts
 * import { judgedRanking, measureNamed, measureValue, rankDocuments } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const ranking = rankDocuments(new Map([["a", 3], ["b", 2]]));
 * const judged = judgedRanking(ranking, new Map([["b", 1]]), 1);
 * assertEquals(measureValue(measureNamed("recip_rank"), judged), 1 / 2);
 * assertEquals(measureValue(measureNamed("ndcg"), judged), 1 / Math.log2(3));
 * ```
 */
export function measureValue(measure: Measure, judged: JudgedRanking): number {
  const { cut } = measure;
  const { grades, level, relevant } = judged;
  switch (measure.family) {
    case "ndcg":
      return overOr0(dcg(grades, cut), dcg(judged.ideal, cut));
    case "map":
      return overOr0(precisionSum(judged, cut), relevant);
    case "recip_rank":
      return reciprocalRank(judged, cut);
    case "recall":
      return overOr0(countRelevant(grades, level, cut), relevant);
    case "P":
      return countRelevant(grades, level, cut) / cut;
    case "success":
      return countRelevant(grades, level, cut) > 0 ? 1 : 0;
  }
}

/**
 * Discounted cumulative gain of the first ranks.
 *
 * @param grades Grades down a ranking; those below 0 gain nothing.
 * @param cut Ranks that count.
 * @returns The sum of `grade / log2(rank + 1)`.
 *
 * @example Usage
 * ```ts
 * import { dcg } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(dcg([3, -1, 2], Infinity), 3 + 2 / 2);
 * ```
 */
export function dcg(grades: ArrayLike<number>, cut: number): number {
  let sum = 0;
  for (let rank = 1; rank <= Math.min(grades.length, cut); rank++) {
    const grade = grades[rank - 1]!;
    if (grade > 0) sum += grade / Math.log2(rank + 1);
  }
  return sum;
}

/** Precisions at the relevant ranks, added up. */
function precisionSum({ grades, level }: JudgedRanking, cut: number): number {
  let [sum, found] = [0, 0];
  for (let rank = 1; rank <= Math.min(grades.length, cut); rank++) {
    if (grades[rank - 1]! >= level) sum += ++found / rank;
  }
  return sum;
}

/** One over the rank of the first relevant document, 0 where there is none. */
function reciprocalRank({ grades, level }: JudgedRanking, cut: number): number {
  const place = grades.findIndex((grade) => grade >= level);
  return place < 0 || place >= cut ? 0 : 1 / (place + 1);
}

/** Relevant documents among the first ranks. */
function countRelevant(
  grades: Int32Array,
  level: number,
  cut: number,
): number {
  let count = 0;
  for (let place = 0; place < Math.min(grades.length, cut); place++) {
    if (grades[place]! >= level) count++;
  }
  return count;
}

/** A quotient, or 0 where there is nothing to divide by. */
function overOr0(value: number, total: number): number {
  return total > 0 ? value / total : 0;
}
