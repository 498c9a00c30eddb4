import type { JudgedRanking } from "./judged_ranking.ts";
import type { Measure } from "./measure.ts";
import { dcg, measureValue } from "./measure_value.ts";

/** What a measure can be when tied documents are put in any order. */
export interface TieBounds {
  /** The least that some order gives. */
  readonly lowest: number;
  /** The most that some order gives. */
  readonly highest: number;
  /** The mean over all orders, each equally likely. */
  readonly expected: number;
}

/** Documents of one score: where they start, how many, how many of them are relevant. */
interface TiedGroup {
  readonly start: number;
  readonly count: number;
  readonly relevant: number;
  readonly gain: number;
}

/**
 * The range of one measure of one query over all orders of tied documents, in
 * closed form.
 *
 * The lowest value has each tied group in order of rising grade, the highest in
 * order of falling grade. The expected one needs no enumeration:
 *
 *     P, recall, success: hypergeometric in the group that the cut divides
 *     ndcg:               each place of a group gains the group's mean
 *     recip_rank:         the first relevant place of the first group with one
 *     map:                at place i of a group of n with r relevant, t documents
 *                         and c relevant before:
 *                         r/n (c + 1 + (i - 1)(r - 1)/(n - 1)) / (t + i)
 *
 * Only retrieved documents count: a run cut off within a tie hides the rest.
 *
 * Range: `0 <= lowest <= expected <= highest <= 1`.
 * Source: McSherry and Najork 2008.
 *
 * @param measure What to count.
 * @param judged The query's judged ranking.
 * @param scores Its scores, never rising; equal ones are tied.
 * @returns Lowest, highest and expected value.
 *
 * @example Usage
 * ```ts
 * import { judgedRanking, measureNamed, rankDocuments, tieBounds } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const ranking = rankDocuments(new Map([["a", 1], ["b", 1]]));
 * const judged = judgedRanking(ranking, new Map([["a", 1]]), 1);
 * assertEquals(tieBounds(measureNamed("recip_rank"), judged, ranking.scores), {
 *   lowest: 1 / 2,
 *   highest: 1,
 *   expected: 3 / 4,
 * });
 * ```
 */
export function tieBounds(
  measure: Measure,
  judged: JudgedRanking,
  scores: ArrayLike<number>,
): TieBounds {
  const groups = tiedGroups(judged, scores);
  if (groups.length === judged.grades.length) {
    const value = measureValue(measure, judged);
    return { lowest: value, highest: value, expected: value };
  }
  const ordered = (sign: 1 | -1) =>
    measureValue(measure, { ...judged, grades: sorted(judged, groups, sign) });
  const [lowest, highest] = [ordered(1), ordered(-1)];
  const expected = expectedValue(measure, judged, groups);
  return {
    lowest,
    highest,
    expected: Math.min(highest, Math.max(lowest, expected)),
  };
}

/** Cuts a ranking where the score changes. */
function tiedGroups(
  { grades, level }: JudgedRanking,
  scores: ArrayLike<number>,
): TiedGroup[] {
  const groups: TiedGroup[] = [];
  for (let start = 0; start < grades.length;) {
    let end = start + 1;
    while (end < grades.length && scores[end] === scores[start]) end++;
    const members = grades.subarray(start, end);
    groups.push({
      start,
      count: end - start,
      relevant: members.filter((grade) => grade >= level).length,
      gain: members.reduce((sum, grade) => sum + Math.max(0, grade), 0),
    });
    start = end;
  }
  return groups;
}

/** Grades with each group in order, rising by 1 or falling by -1. */
function sorted(
  { grades }: JudgedRanking,
  groups: readonly TiedGroup[],
  sign: 1 | -1,
): Int32Array {
  const copy = grades.slice();
  for (const { start, count } of groups) {
    copy.subarray(start, start + count).sort((a, b) => sign * (a - b));
  }
  return copy;
}

/** The mean over all orders. */
function expectedValue(
  { family, cut }: Measure,
  { relevant, ideal }: JudgedRanking,
  groups: readonly TiedGroup[],
): number {
  const overOr0 = (value: number, total: number) =>
    total > 0 ? value / total : 0;
  switch (family) {
    case "ndcg":
      return overOr0(expectedDcg(groups, cut), dcg(ideal, cut));
    case "map":
      return overOr0(expectedPrecisionSum(groups, cut), relevant);
    case "recip_rank":
      return expectedReciprocalRank(groups, cut);
    case "recall":
      return overOr0(expectedRelevant(groups, cut), relevant);
    case "P":
      return expectedRelevant(groups, cut) / cut;
    case "success":
      return expectedSuccess(groups, cut);
  }
}

/** How many places of a group lie above the cut. */
function inside({ start, count }: TiedGroup, cut: number): number {
  return Math.max(0, Math.min(count, cut - start));
}

/** Every place of a group gains the group's mean. */
function expectedDcg(groups: readonly TiedGroup[], cut: number): number {
  let sum = 0;
  for (const group of groups) {
    let discounts = 0;
    for (let place = 0; place < inside(group, cut); place++) {
      discounts += 1 / Math.log2(group.start + place + 2);
    }
    sum += group.gain / group.count * discounts;
  }
  return sum;
}

/** Relevant documents above the cut. */
function expectedRelevant(groups: readonly TiedGroup[], cut: number): number {
  return groups.reduce(
    (sum, group) => sum + group.relevant * inside(group, cut) / group.count,
    0,
  );
}

/** Precisions at relevant places, by the chance that each place is relevant. */
function expectedPrecisionSum(
  groups: readonly TiedGroup[],
  cut: number,
): number {
  let [sum, before] = [0, 0];
  for (const group of groups) {
    const { start, count, relevant } = group;
    const share = count > 1 ? (relevant - 1) / (count - 1) : 0;
    for (let place = 0; place < inside(group, cut); place++) {
      sum += relevant / count * (before + 1 + place * share) /
        (start + place + 1);
    }
    before += relevant;
  }
  return sum;
}

/** One over the first relevant place, which lies in the first group that has one. */
function expectedReciprocalRank(
  groups: readonly TiedGroup[],
  cut: number,
): number {
  const group = groups.find(({ relevant }) => relevant > 0);
  if (!group) return 0;
  let [sum, none] = [0, 1];
  for (let place = 0; place < inside(group, cut); place++) {
    const chance = Math.min(1, group.relevant / (group.count - place));
    sum += none * chance / (group.start + place + 1);
    none *= 1 - chance;
  }
  return sum;
}

/** The chance that a relevant document lies above the cut. */
function expectedSuccess(groups: readonly TiedGroup[], cut: number): number {
  let none = 1;
  for (const group of groups) {
    for (let place = 0; place < inside(group, cut); place++) {
      none *= 1 - Math.min(1, group.relevant / (group.count - place));
    }
  }
  return 1 - none;
}
