import type { Ranking } from "./rank_documents.ts";

/** What measures need to know of one query. */
export interface JudgedRanking {
  /** Grades down the ranking; a document without judgement has -1. */
  readonly grades: Int32Array;
  /** Grades above 0 of all judgements, highest first: the ideal ranking. */
  readonly ideal: Int32Array;
  /** Judged documents at or above the relevance level, retrieved or not. */
  readonly relevant: number;
  /** Lowest grade that counts as relevant. */
  readonly level: number;
}

/**
 * Lays the judgements of a query along its ranking.
 *
 * A document with a negative grade is in the pool but unjudged: it gains nothing
 * and is not missed, as in trec_eval.
 *
 * @param ranking Documents, best first.
 * @param judgements Grade by document id.
 * @param level Lowest grade that counts as relevant, 1 or more.
 * @returns Grades down the ranking and what an ideal one would have.
 * @throws {RangeError} If a grade is not a whole number of 32 bits.
 *
 * @example Usage
 * ```ts
 * import { judgedRanking, rankDocuments } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const ranking = rankDocuments(new Map([["a", 3], ["b", 2], ["c", 1]]));
 * const judged = judgedRanking(ranking, new Map([["b", 2], ["z", 1], ["c", 0]]), 1);
 * assertEquals([...judged.grades], [-1, 2, 0]);
 * assertEquals([...judged.ideal], [2, 1]);
 * assertEquals(judged.relevant, 2);
 * ```
 */
export function judgedRanking(
  ranking: Ranking,
  judgements: ReadonlyMap<string, number>,
  level: number,
): JudgedRanking {
  const all = Int32Array.from(judgements.values());
  checkGrades(judgements);
  return {
    grades: Int32Array.from(
      ranking.documents,
      (id) => Math.max(-1, judgements.get(id) ?? -1),
    ),
    ideal: all.filter((grade) => grade > 0).sort().reverse(),
    relevant: all.filter((grade) => grade >= level).length,
    level,
  };
}

/** Refuses grades that whole numbers of 32 bits cannot hold. */
function checkGrades(judgements: ReadonlyMap<string, number>): void {
  for (const [document, grade] of judgements) {
    if ((grade | 0) === grade) continue;
    throw new RangeError(
      `Cannot judge document "${document}": expected a whole grade of 32 bits, got ${grade}`,
    );
  }
}
