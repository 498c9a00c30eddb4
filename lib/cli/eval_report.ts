import type { Comparison } from "../eval/compare_runs.ts";
import type { Evaluation } from "../eval/evaluate.ts";
import type { TieRange } from "../eval/tie_range.ts";
import { holm } from "../num/holm.ts";
import { table } from "../report/table.ts";

/** What `deno task eval` found. */
export interface EvalResult {
  /** The run of `--run`. */
  readonly evaluation: Evaluation;
  /** How far its ties could move it. */
  readonly ties: TieRange;
  /** Against the run of `--compare`, where there is one. */
  readonly comparison?: Comparison;
  /** Judged queries that the run lacks and that do not count. */
  readonly missing: number;
}

/**
 * What other programs read of an evaluation.
 *
 * @param result What was found.
 * @returns One object for JSON.
 */
export function evalJson({ evaluation, ties, comparison }: EvalResult) {
  const of = <T>(value: (name: string) => T) =>
    Object.fromEntries(
      Object.keys(evaluation.mean).map((name) => [name, value(name)]),
    );
  const single = {
    queries: evaluation.queries,
    measures: evaluation.mean,
    ties: of((name) => ({ ...ties.mean[name], moved: ties.moved[name] })),
    tiedQueries: ties.tied,
  };
  if (!comparison) return single;
  const { measures, second } = comparison;
  return {
    ...single,
    compared: second.mean,
    difference: of((name) => measures[name]!.difference),
    interval: of((name) => {
      const { low, high } = measures[name]!.interval;
      return [low, high];
    }),
    p: of((name) => measures[name]!.p),
    pRandomisation: of((name) => measures[name]!.pRandomisation),
    pHolm: corrected(comparison),
    test: "paired t over queries, two-sided; difference is run minus compare",
  };
}

/**
 * What a person reads of an evaluation: the measures, how far ties could move
 * them, and the comparison.
 *
 * @param result What was found.
 * @returns Text of several lines.
 */
export function evalText(result: EvalResult): string {
  const { evaluation, ties, comparison, missing } = result;
  const lines = [measureTable(evaluation, ties), "", tieLine(ties)];
  if (missing > 0) {
    lines.push(
      `${missing} judged queries are not in the run and do not count; with --complete they count as 0.`,
    );
  }
  if (comparison) lines.push("", comparisonTable(comparison), "", TEST_NOTE);
  return lines.join("\n");
}

const TEST_NOTE =
  "difference: run minus compare, with its 95% interval. p: paired t test over queries, two-sided;\n" +
  "p random: paired randomisation test; p Holm: p corrected for the measures of this table.";

/** The measures, each with what ties could make of it. */
function measureTable(evaluation: Evaluation, ties: TieRange): string {
  const rows = Object.entries(evaluation.mean).map(([measure, value]) => {
    const { lowest, highest, expected } = ties.mean[measure]!;
    return {
      measure,
      value,
      "ties: lowest": lowest,
      expected,
      highest,
      "queries moved": percent(ties.moved[measure]!),
    };
  });
  return table(rows, { digits: 4, caption: `${evaluation.queries} queries` })
    .text;
}

/** How many queries have ties. */
function tieLine({ tied, queries }: TieRange): string {
  const count = Math.round(tied * queries);
  return `${count} of ${queries} queries (${
    percent(tied)
  }) have documents of equal score, ranked by id as trec_eval does.`;
}

/** The two runs side by side. */
function comparisonTable(comparison: Comparison): string {
  const { first, second, measures } = comparison;
  const holmOf = corrected(comparison);
  const rows = Object.entries(measures).map(([measure, found]) => ({
    measure,
    run: first.mean[measure]!,
    compare: second.mean[measure]!,
    difference: { value: found.difference, ...found.interval },
    p: spellP(found.p),
    "p random": spellP(found.pRandomisation),
    "p Holm": spellP(holmOf[measure]!),
  }));
  return table(rows, { digits: 4 }).text;
}

/** p of the t tests, corrected for the number of measures. */
function corrected({ measures }: Comparison): Record<string, number> {
  const names = Object.keys(measures);
  const chances = holm(names.map((name) => measures[name]!.p));
  return Object.fromEntries(names.map((name, i) => [name, chances[i]!]));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

function spellP(p: number): string {
  return p < 1e-4 ? p.toExponential(1) : p.toFixed(4);
}
