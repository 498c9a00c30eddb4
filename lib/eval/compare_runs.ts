import type { Interval } from "../num/mean_interval.ts";
import { pairedT } from "../num/paired_t.ts";
import { randomisation } from "../num/randomisation.ts";
import { type Stream, stream } from "../num/stream.ts";
import { evaluate, type EvaluateOptions, type Evaluation } from "./evaluate.ts";
import type { Qrels, Run } from "./run.ts";

/** How two runs differ in one measure. */
export interface RunDifference {
  /** Mean over queries of first minus second. */
  readonly difference: number;
  /** Confidence interval of the mean difference, by Student's t. */
  readonly interval: Interval;
  /** Two-sided p of the paired t test over queries. */
  readonly p: number;
  /** Two-sided p of the paired randomisation test over queries. */
  readonly pRandomisation: number;
}

/** Two runs side by side. */
export interface Comparison {
  /** The first run by itself. */
  readonly first: Evaluation;
  /** The second run by itself. */
  readonly second: Evaluation;
  /** Differences by measure. */
  readonly measures: Readonly<Record<string, RunDifference>>;
  /** Queries compared. */
  readonly queries: number;
}

/** How runs are compared. */
export interface CompareOptions extends EvaluateOptions {
  /** Level of the intervals, default 0.95. */
  readonly level?: number;
  /** Sign patterns of the randomisation test, default 100,000. */
  readonly draws?: number;
  /** The random stream of the first measure's test; each measure starts anew. */
  readonly random?: () => Stream;
}

/**
 * Compares two runs query by query, with a paired t test and a paired
 * randomisation test for each measure.
 *
 *     difference = mean over queries of (first - second)
 *
 * The tests cover the choice of queries only: not the seed of a training run, and
 * not that several measures were tried (see `holm`).
 *
 * Random: one stream a measure, all from the same beginning, so that adding a
 * measure moves no p.
 *
 * @param first Scores by query, then document.
 * @param second Scores of the run to compare with.
 * @param options Judgements; measures, relevance level and completeness as for
 * `evaluate`; level, draws and stream.
 * @returns Both evaluations, and the difference of each measure.
 * @throws {RangeError} As `evaluate` does; if one run answers judged queries that
 * the other lacks and `complete` is not set; or if fewer than two queries are
 * left.
 *
 * @example Usage
 * ```ts
 * import { compareRuns } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const good = new Map(["p", "q"].map((id) => [id, new Map([["a", 2], ["b", 1]])]));
 * const bad = new Map(["p", "q"].map((id) => [id, new Map([["a", 1], ["b", 2]])]));
 * const qrels = new Map(["p", "q"].map((id) => [id, new Map([["a", 1]])]));
 * const { measures } = compareRuns(good, bad, { qrels, measures: ["recip_rank"] });
 * assertEquals(measures.recip_rank?.difference, 1 / 2);
 * ```
 */
export function compareRuns(
  first: Run,
  second: Run,
  options: CompareOptions & { readonly qrels: Qrels },
): Comparison {
  const { qrels, level = 0.95, draws = 100_000 } = options;
  const { random = () => stream(1, "randomisation") } = options;
  const [one, other] = [first, second].map((run) =>
    evaluate(run, qrels, options)
  ) as [Evaluation, Evaluation];
  if (!options.complete) checkSameQueries(first, second, qrels);
  if (one.queries < 2) {
    throw new RangeError(
      `Cannot compare runs: expected at least two queries that are retrieved and judged, got ${one.queries}`,
    );
  }
  const differences = Object.entries(one.perQuery).map(([name, perQuery]) => {
    const values = [...perQuery.values()];
    const others = [...perQuery.keys()]
      .map((query) => other.perQuery[name]!.get(query)!);
    const { difference, interval, p } = pairedT(values, others, { level });
    const drawn = randomisation(values, others, { draws, random: random() });
    return [
      name,
      { difference, interval, p, pRandomisation: drawn.p },
    ] as const;
  });
  return {
    first: one,
    second: other,
    measures: Object.fromEntries(differences),
    queries: one.queries,
  };
}

/** Refuses runs whose means would be over different queries. */
function checkSameQueries(first: Run, second: Run, qrels: Qrels): void {
  const lost = [...qrels.keys()].filter((query) =>
    first.has(query) !== second.has(query)
  );
  if (lost.length === 0) return;
  const only = first.has(lost[0]!) ? "first" : "second";
  throw new RangeError(
    `Cannot compare runs: expected both to answer the same judged queries, got ${lost.length} that only one does (query "${
      lost[0]
    }" only the ${only}); count missing ones as 0 with complete`,
  );
}
