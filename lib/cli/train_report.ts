import type { PairedT } from "../num/paired_t.ts";
import { tieRange } from "../eval/tie_range.ts";
import { table } from "../report/table.ts";
import { spellDuration } from "../train/estimate.ts";
import { OUTCOME_MEASURES, TESTED_MEASURE } from "../train/outcome.ts";
import type { Prepared } from "../train/prepare.ts";
import type { Trained } from "../train/train.ts";

/**
 * What other programs read of a training.
 *
 * @param trained What the run gave.
 * @param prepared What it started from.
 * @returns One object for JSON.
 */
export function trainJson(trained: Trained, prepared: Prepared): unknown {
  const { outcome } = trained;
  const { bm25, untrained, after } = outcome.evaluations;
  return {
    run: trained.run,
    model: trained.model,
    baselines: { bm25: bm25.mean, untrained: untrained.mean },
    after: after.mean,
    p: { bm25: outcome.tests.bm25.p, untrained: outcome.tests.untrained.p },
    difference: {
      bm25: outcome.tests.bm25.difference,
      untrained: outcome.tests.untrained.difference,
    },
    queries: outcome.queries,
    steps: trained.steps,
    seconds: trained.seconds,
    tokensPerSecond: trained.tokensPerSecond,
    peakMemoryBytes: trained.peakMemoryBytes,
    engine: prepared.engine.name,
    precision: prepared.settings.precision,
  };
}

const LABELS = {
  bm25: "BM25",
  untrained: "untrained encoder",
  after: "trained",
} as const;

/**
 * What a person reads of a training: the three runs side by side, how far tied
 * scores could move them, the paired tests, and what to try next.
 *
 * @param trained What the run gave.
 * @param prepared What it started from.
 * @returns Text of several lines.
 */
export function outcomeTable(trained: Trained, prepared: Prepared): string {
  const { outcome, runs } = trained;
  const rows = (["bm25", "untrained", "after"] as const).map((name) => {
    const { mean } = outcome.evaluations[name];
    const ties = tieRange(runs[name], prepared.test.qrels, {
      measures: [TESTED_MEASURE],
      complete: true,
    }).mean[TESTED_MEASURE]!;
    return {
      run: LABELS[name],
      ...Object.fromEntries(
        OUTCOME_MEASURES.map((measure) => [measure, mean[measure]!]),
      ),
      "ties could make nDCG@10": `${ties.lowest.toFixed(4)}-${
        ties.highest.toFixed(4)
      }`,
    };
  });
  const { tests } = outcome;
  const seconds = trained.seconds;
  return [
    "",
    table(rows, {
      digits: 4,
      caption: `${outcome.queries} ${prepared.test.split} queries`,
    }).text,
    "",
    verdict("BM25", tests.bm25),
    verdict("the untrained encoder", tests.untrained),
    `${trained.steps} steps in ${spellDuration(seconds)}, ${
      Math.round(trained.tokensPerSecond).toLocaleString("en-US")
    } tokens/s, at most ${(trained.peakMemoryBytes / 1e9).toFixed(2)} GB`,
    "",
    "Try next:",
    ...nextCommands(trained, prepared).map((line) => `  ${line}`),
  ].join("\n");
}

function verdict(name: string, test: PairedT): string {
  const { difference, interval, p } = test;
  const word = p >= 0.01
    ? "not shown to differ from"
    : difference > 0
    ? "better than"
    : "worse than";
  return `Trained is ${word} ${name} in nDCG@10: ${signed(difference)} [${
    signed(interval.low)
  }, ${signed(interval.high)}], paired t test p ${spellP(p)}`;
}

function signed(value: number): string {
  return (value >= 0 ? "+" : "") + value.toFixed(4);
}

function spellP(p: number): string {
  return p < 1e-4 ? "< 0.0001" : `= ${p.toFixed(4)}`;
}

function nextCommands(
  { model, run }: Trained,
  { settings, test }: Prepared,
): string[] {
  return [
    `deno task search --model ${model} --data ${settings.data} --split ${test.split} --out ${run}/${test.split}.trec`,
    `deno task train --data ${settings.data} --model ${settings.model} --optimizer schedule-free-adamw --seed 2`,
    "deno task notebook run notebooks/10_maxsim.ipynb",
  ];
}
