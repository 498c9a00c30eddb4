import { mean } from "../num/mean.ts";
import { type JudgedRanking, judgedRanking } from "./judged_ranking.ts";
import { type Measure, measureNamed } from "./measure.ts";
import { measureValue } from "./measure_value.ts";
import { rankDocuments, type Ranking } from "./rank_documents.ts";
import type { PerQuery, Qrels, Run } from "./run.ts";

/** How runs are evaluated. */
export interface EvaluateOptions {
  /** Names as `measureNamed` reads them. */
  readonly measures?: readonly string[];
  /** Lowest grade that counts as relevant, default 1; nDCG does not use it. */
  readonly relevanceLevel?: number;
  /** Whether judged queries that the run lacks count, as 0 (trec_eval `-c`), default no. */
  readonly complete?: boolean;
}

/** What a run is worth. */
export interface Evaluation {
  /** Values by measure, then query. */
  readonly perQuery: Readonly<Record<string, PerQuery>>;
  /** Means over queries by measure. */
  readonly mean: Readonly<Record<string, number>>;
  /** Queries that the means are over. */
  readonly queries: number;
}

/** Measures used where none are named. */
export const DEFAULT_MEASURES: readonly string[] = [
  "ndcg_cut_10",
  "recip_rank",
  "map",
  "recall_100",
  "P_10",
  "success_1",
];

/**
 * Evaluates a run against judgements, with trec_eval's measures and its ranking.
 *
 * Ranks come from scores alone (see `rankDocuments`). Only queries that are both
 * retrieved and judged count; with `complete` every judged query does, and a
 * missing one has 0. Retrieved queries without judgements are left out.
 *
 * Cost: one sort a query.
 * Source: trec_eval; equal to `pytrec_eval-terrier` to 1e-12.
 *
 * @param run Scores by query, then document.
 * @param qrels Grades by query, then document.
 * @param options Measures, relevance level, and whether missing queries count.
 * @returns Values by measure and query, and their means.
 * @throws {RangeError} If a measure is unknown, a score is not finite, the level
 * is not a whole number of at least 1, or no query is both retrieved and judged.
 *
 * @example Usage
 * ```ts
 * import { evaluate } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = new Map([["q", new Map([["a", 2], ["b", 1]])]]);
 * const qrels = new Map([["q", new Map([["b", 1]])], ["r", new Map([["a", 1]])]]);
 * const measures = ["recip_rank"];
 * assertEquals(evaluate(run, qrels, { measures }).mean.recip_rank, 1 / 2);
 * assertEquals(evaluate(run, qrels, { measures, complete: true }).mean.recip_rank, 1 / 4);
 * ```
 */
export function evaluate(
  run: Run,
  qrels: Qrels,
  options: EvaluateOptions = {},
): Evaluation {
  const measures = namedMeasures(options.measures);
  const values = measures.map(() => new Map<string, number>());
  for (const [query, judged] of judgedRankings(run, qrels, options)) {
    measures.forEach((measure, place) =>
      values[place]!.set(query, measureValue(measure, judged))
    );
  }
  const named = measures.map(({ name }, place) =>
    [name, values[place]!] as const
  );
  return {
    perQuery: Object.fromEntries(named),
    mean: Object.fromEntries(
      named.map(([name, perQuery]) => [name, mean([...perQuery.values()])]),
    ),
    queries: values[0]!.size,
  };
}

/**
 * The measures of a list of names, each once.
 *
 * @param names Names as `measureNamed` reads them, default the usual six.
 * @returns Measures in the order of the names.
 * @throws {RangeError} If one is unknown, or the list is empty.
 *
 * @example Usage
 * ```ts
 * import { namedMeasures } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(namedMeasures(["P_5", "P.5"]).length, 1);
 * ```
 */
export function namedMeasures(
  names: readonly string[] = DEFAULT_MEASURES,
): Measure[] {
  const byName = new Map(
    names.map(measureNamed).map((measure) => [measure.name, measure]),
  );
  if (byName.size > 0) return [...byName.values()];
  throw new RangeError(
    "Cannot evaluate: expected at least one measure, got none",
  );
}

/** A judged ranking together with the ranking it came from. */
export type RankedQuery = JudgedRanking & { readonly ranking: Ranking };

/**
 * The judged rankings of the queries that count, in the order of the judgements.
 *
 * @param run Scores by query, then document.
 * @param qrels Grades by query, then document.
 * @param options Relevance level, and whether missing queries count.
 * @returns Query ids with their judged rankings.
 * @throws {RangeError} As `evaluate` does.
 *
 * @example Usage
 * ```ts
 * import { judgedRankings } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = new Map([["q", new Map([["a", 2], ["b", 1]])]]);
 * const qrels = new Map([["q", new Map([["b", 1]])]]);
 * const found = judgedRankings(run, qrels).map(([query, { grades }]) => [query, ...grades]);
 * assertEquals(found, [["q", -1, 1]]);
 * ```
 */
export function judgedRankings(
  run: Run,
  qrels: Qrels,
  options: EvaluateOptions = {},
): [query: string, judged: RankedQuery][] {
  const { relevanceLevel: level = 1, complete = false } = options;
  checkLevel(level);
  if (![...qrels.keys()].some((query) => run.has(query))) {
    throw noCommonQuery(run, qrels);
  }
  const queries = [...qrels].filter(([query]) => complete || run.has(query));
  return queries.map(([query, judgements]) => {
    const ranking = rankDocuments(run.get(query) ?? new Map(), { query });
    const judged = judgedRanking(ranking, judgements, level);
    return [query, { ...judged, ranking }];
  });
}

/** Refuses a relevance level that is not a grade above 0. */
function checkLevel(level: number): void {
  if (Number.isSafeInteger(level) && level >= 1) return;
  throw new RangeError(
    `Cannot evaluate: expected a relevance level that is a whole number of at least 1, got ${level}`,
  );
}

/** The error of a run and judgements that have nothing in common. */
function noCommonQuery(run: Run, qrels: Qrels): RangeError {
  const some = (map: ReadonlyMap<string, unknown>) =>
    map.size === 0
      ? "none"
      : `${map.size} (first ${JSON.stringify(map.keys().next().value)})`;
  return new RangeError(
    `Cannot evaluate: expected a query that is both retrieved and judged, got queries of the run: ${
      some(run)
    }, of the judgements: ${some(qrels)}`,
  );
}
