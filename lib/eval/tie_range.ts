import { mean } from "../num/mean.ts";
import {
  type EvaluateOptions,
  judgedRankings,
  namedMeasures,
} from "./evaluate.ts";
import type { Qrels, Run } from "./run.ts";
import { type TieBounds, tieBounds } from "./tie_bounds.ts";

/** How far ties could move a run. */
export interface TieRange {
  /** Bounds by measure, then query. */
  readonly perQuery: Readonly<Record<string, ReadonlyMap<string, TieBounds>>>;
  /** Means of the bounds over queries, by measure. */
  readonly mean: Readonly<Record<string, TieBounds>>;
  /** Share of queries that ties can move, by measure. */
  readonly moved: Readonly<Record<string, number>>;
  /** Share of queries in which two retrieved documents have the same score. */
  readonly tied: number;
  /** Queries that the means are over. */
  readonly queries: number;
}

/**
 * The range that ties allow: lowest, highest and expected value of each measure
 * over all orders of documents with the same score.
 *
 * trec_eval puts ties in the order of ids, which nobody meant. Where a difference
 * between two runs is smaller than the range of either, it may be nothing but
 * names. The mean of the lowest values is reached when every query is ordered at
 * its worst.
 *
 * Scores are equal if they are as 32-bit floats, as in `rankDocuments`.
 *
 * Source: McSherry and Najork 2008; see `tieBounds`.
 *
 * @param run Scores by query, then document.
 * @param qrels Grades by query, then document.
 * @param options As for `evaluate`.
 * @returns Bounds by query, their means, and how many queries have ties.
 * @throws {RangeError} As `evaluate` does.
 *
 * @example Usage
 * ```ts
 * import { tieRange } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = new Map([["q", new Map([["a", 1], ["b", 1]])]]);
 * const qrels = new Map([["q", new Map([["a", 1]])]]);
 * const { mean, tied } = tieRange(run, qrels, { measures: ["P_1"] });
 * assertEquals(mean.P_1, { lowest: 0, highest: 1, expected: 1 / 2 });
 * assertEquals(tied, 1);
 * ```
 */
export function tieRange(
  run: Run,
  qrels: Qrels,
  options: EvaluateOptions = {},
): TieRange {
  const measures = namedMeasures(options.measures);
  const rankings = judgedRankings(run, qrels, options);
  const bounds = measures.map((measure) => {
    const byQuery = rankings.map(([query, judged]) =>
      [query, tieBounds(measure, judged, judged.ranking.scores)] as const
    );
    return [measure.name, new Map(byQuery)] as const;
  });
  const tied = rankings.filter(([, { ranking }]) => hasTies(ranking.scores));
  const each = <T>(of: (bounds: readonly TieBounds[]) => T) =>
    Object.fromEntries(
      bounds.map(([name, byQuery]) => [name, of([...byQuery.values()])]),
    );
  return {
    perQuery: Object.fromEntries(bounds),
    mean: each(meanBounds),
    moved: each((all) => all.filter(canMove).length / all.length),
    tied: tied.length / rankings.length,
    queries: rankings.length,
  };
}

/** Whether two neighbours of a ranking have the same score. */
function hasTies(scores: Float32Array): boolean {
  return scores.some((score, place) => score === scores[place - 1]);
}

/** Whether the order of ties changes a value. */
function canMove({ lowest, highest }: TieBounds): boolean {
  return highest > lowest;
}

/** Mean bounds of many queries. */
function meanBounds(all: readonly TieBounds[]): TieBounds {
  return {
    lowest: mean(all.map(({ lowest }) => lowest)),
    highest: mean(all.map(({ highest }) => highest)),
    expected: mean(all.map(({ expected }) => expected)),
  };
}
