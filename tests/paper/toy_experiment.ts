import type { Experiment, Measured } from "#lib/paper/experiment.ts";
import { stream } from "#lib/num/stream.ts";

/** Items of the toy. */
export const ITEMS: readonly string[] = Array.from(
  { length: 40 },
  (_, i) => `q${i}`,
);

/**
 * An experiment whose truth is known: every arm has its own level, an item and a
 * seed each add noise that all arms share, and each value a little of its own.
 */
export function toyExperiment(
  options: {
    readonly levels?: Readonly<Record<string, number>>;
    readonly onArm?: (arm: string, seed: number) => void;
  } = {},
): Experiment {
  const { levels = { a: 0, same: 0.001, better: 0.1 }, onArm } = options;
  const arms = Object.entries(levels).map(([name, level]) => ({
    name,
    settings: { level },
  }));
  const scale = { says: "a toy", settings: { items: ITEMS.length } };
  return {
    id: "TOY-1",
    paper: "nobody",
    where: "nowhere",
    question: "Is better better?",
    hypothesis: "Yes.",
    arms,
    baseline: "a",
    measure: "score",
    items: "queries",
    claims: [
      {
        id: "more",
        says: "better is more",
        kind: "more",
        measure: "score",
        arm: "better",
        than: "a",
      },
      {
        id: "wrong",
        says: "a is more",
        kind: "more",
        measure: "score",
        arm: "a",
        than: "better",
      },
      {
        id: "same",
        says: "same is the same",
        kind: "same",
        measure: "score",
        arm: "same",
        than: "a",
        margin: 0.02,
      },
      {
        id: "not-same",
        says: "better is the same",
        kind: "same",
        measure: "score",
        arm: "better",
        than: "a",
        margin: 0.02,
      },
      {
        id: "always",
        says: "never below -9",
        kind: "always",
        measure: "score",
        arms: ["a", "better"],
        least: -9,
      },
      {
        id: "broken",
        says: "never below 0",
        kind: "always",
        measure: "score",
        arms: ["a"],
        least: 0,
      },
    ],
    differs: [],
    scales: { smoke: scale, small: scale },
    engine: "reference",
    run: async function* ({ arms, seed }): AsyncGenerator<Measured> {
      for (const { name, settings } of arms) {
        onArm?.(name, seed);
        yield {
          arm: name,
          values: {
            items: ITEMS,
            values: { score: scores(name, Number(settings.level), seed) },
          },
        };
      }
    },
  };
}

function scores(arm: string, level: number, seed: number): number[] {
  const bySeed = 0.02 * stream(seed, "seed").normal();
  const own = stream(seed, `own/${arm}`);
  return ITEMS.map((item) =>
    level + bySeed + 0.2 * stream(0, item).normal() + 0.01 * own.normal()
  );
}

/** What `runExperiment` needs besides folders. */
export const ENGINE = {
  name: "reference",
  why: [],
  device: "a test",
} as const;
