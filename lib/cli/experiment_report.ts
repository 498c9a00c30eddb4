import type { Experiment } from "../paper/experiment.ts";
import type { Results } from "../paper/load_results.ts";
import { noiseOf, verdictsOf } from "../paper/verdict.ts";
import type {
  RunExperimentOptions,
  SeedPlan,
} from "../paper/run_experiment.ts";
import { armTable, verdictTable } from "../report/experiment_tables.ts";
import { table } from "../report/table.ts";

/** What a command was asked for. */
type Asked = Pick<RunExperimentOptions, "scale" | "seeds" | "ledger">;

/**
 * What a person reads of the list of experiments.
 *
 * @param experiments The experiments.
 * @returns Text of several lines.
 */
export function experimentList(experiments: readonly Experiment[]): string {
  return table(experiments.map(({ id, question, paper, where }) => ({
    id,
    question,
    paper,
    where,
  }))).text;
}

/**
 * What a person reads before an experiment: question, size, and what is left to do.
 *
 * @param experiment The experiment.
 * @param asked Scale, seeds and folder of ledgers.
 * @param plan What the ledger lacks.
 * @returns Text of several lines.
 */
export function plannedText(
  { id, question, paper, where, scales, arms }: Experiment,
  { scale, seeds, ledger }: Asked,
  plan: readonly SeedPlan[],
): string {
  const missing = plan.reduce((sum, { arms }) => sum + arms.length, 0);
  return [
    `${id}  ${question}`,
    `Paper    ${paper}: ${where}`,
    `Scale    ${scale}: ${scales[scale].says}`,
    `Arms     ${arms.length}, seeds ${seeds}`,
    missing === 0
      ? `To do    nothing, the ledger in ${ledger} is complete`
      : `To do    ${missing} arms of ${plan.length} seeds (twins of the A/A run have seeds above 1000); the rest is in ${ledger}`,
  ].join("\n");
}

/**
 * What a person reads of an experiment: the arms, the noise, the verdicts.
 *
 * @param results The rows that count.
 * @param asked Scale, seeds and folder of ledgers.
 * @returns Text of several lines.
 */
export function experimentText(results: Results, asked: Asked): string {
  const { experiment, scale, stale } = results;
  const { measure, scales, id } = experiment;
  const noise = noiseOf(results, measure);
  return [
    "",
    armTable(results).text,
    "",
    noise === undefined
      ? `A/A: fewer than two pairs of seeds, no smallest effect`
      : `A/A: the baseline against itself with ${noise.seeds} other seeds differs by ${
        noise.difference.toFixed(4)
      } [${noise.interval.low.toFixed(4)}, ${
        noise.interval.high.toFixed(4)
      }] in ${measure}; the smallest effect this design finds is ${
        noise.smallest.toFixed(4)
      }`,
    "",
    verdictTable(verdictsOf(results)).text,
    ...(scale === "smoke" ? ["", `Scale smoke: ${scales.smoke.says}.`] : []),
    ...(stale > 0
      ? ["", `${stale} rows of ${asked.ledger}/${id}.jsonl no longer count.`]
      : []),
  ].join("\n");
}

/**
 * What other programs read of an experiment.
 *
 * @param results The rows that count.
 * @returns One object for JSON.
 */
export function experimentJson(results: Results): unknown {
  const { experiment, scale, arms, stale } = results;
  return {
    experiment: experiment.id,
    scale,
    arms: Object.fromEntries(
      [...arms].map(([name, bySeed]) => [
        name,
        Object.fromEntries(
          [...bySeed].map(([seed, { row }]) => [seed, row.measures]),
        ),
      ]),
    ),
    noise: noiseOf(results, experiment.measure) ?? null,
    verdicts: verdictsOf(results).map(({ claim, ...verdict }) => ({
      claim: claim.id,
      ...verdict,
    })),
    stale,
  };
}
