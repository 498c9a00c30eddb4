import { evaluate, type Evaluation } from "../eval/evaluate.ts";
import type { Qrels, Run } from "../eval/run.ts";
import { type PairedT, pairedT } from "../num/paired_t.ts";

/** What every run of an outcome is measured by. */
export const OUTCOME_MEASURES: readonly string[] = [
  "ndcg_cut_10",
  "recip_rank",
  "recall_100",
  "success_1",
];

/** The measure that runs are tested on. */
export const TESTED_MEASURE = "ndcg_cut_10";

/** The three runs of a training: what it started from, and what it reached. */
export interface OutcomeRuns {
  /** Words alone. */
  readonly bm25: Run;
  /** The encoder before training, without a head. */
  readonly untrained: Run;
  /** The trained model. */
  readonly after: Run;
}

/** One trained model against its two baselines. */
export interface Outcome {
  /** Each run's measures and values by query. */
  readonly evaluations: Readonly<Record<keyof OutcomeRuns, Evaluation>>;
  /** Trained minus baseline in nDCG@10: paired t tests over queries. */
  readonly tests: Readonly<Record<"bm25" | "untrained", PairedT>>;
  /** Queries measured. */
  readonly queries: number;
}

/**
 * Measures the runs of a training and tests the trained model against both
 * baselines, query by query.
 *
 * Every judged query counts; one that a run lacks has 0.
 *
 * @param runs The three runs.
 * @param qrels Judgements.
 * @returns Measures, tests, number of queries.
 */
export function outcomeOf(runs: OutcomeRuns, qrels: Qrels): Outcome {
  const measured = (run: Run) =>
    evaluate(run, qrels, { measures: OUTCOME_MEASURES, complete: true });
  const evaluations = {
    bm25: measured(runs.bm25),
    untrained: measured(runs.untrained),
    after: measured(runs.after),
  };
  const values = (name: keyof OutcomeRuns) => {
    const perQuery = evaluations[name].perQuery[TESTED_MEASURE]!;
    return [...qrels.keys()].map((query) => perQuery.get(query)!);
  };
  const against = (name: "bm25" | "untrained") =>
    pairedT(values("after"), values(name));
  return {
    evaluations,
    tests: { bm25: against("bm25"), untrained: against("untrained") },
    queries: evaluations.after.queries,
  };
}
