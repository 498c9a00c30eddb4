import type { Experiment, Measured, Measuring } from "./experiment.ts";
import {
  descendQuadratics,
  type Quadratics,
  randomQuadratics,
} from "./quadratics.ts";

/** The step sizes of the grid; the paper's figure goes from 0.01 to about 100. */
export const GAMMAS: readonly number[] = [
  ...[0.01, 0.03, 0.1, 0.3],
  ...[1, 3, 10, 30, 100],
];

/** The shares of the average in the point of the gradient; the paper's figure begins at 0.7. */
export const BETAS: readonly number[] = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 1];

/** Numbers of steps that the bound is held against. */
export const HORIZONS: readonly number[] = [1, 4, 16, 64, 256, 1024];

const ARMS = BETAS.map((beta) => ({
  name: `beta ${beta}`,
  settings: { beta },
}));

/**
 * Experiment S-2: beta and gamma of schedule-free SGD on quadratics.
 *
 * Source: Defazio and others 2024, figure 2b, section 2.2, and theorems 1 and 2.
 *
 * @example Usage
 * ```ts
 * import { SCHEDULE_FREE_QUADRATICS } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(SCHEDULE_FREE_QUADRATICS.id, "S-2");
 * ```
 */
export const SCHEDULE_FREE_QUADRATICS: Experiment = {
  id: "S-2",
  paper: "Defazio and others 2024, The Road Less Scheduled",
  where: "figure 2b and section 2.2; theorems 1 and 2",
  question: "When does it matter where schedule-free takes its gradient?",
  hypothesis:
    "With small steps beta has little or no effect; with large ones beta below 1 " +
    "is crucial. With the step of theorem 1 the loss stays below DG / sqrt(T) for every beta.",
  arms: ARMS,
  baseline: "beta 0.9",
  measure: "decades at gamma 1",
  items: "problems",
  claims: [
    {
      id: "small-steps",
      says: "at gamma 0.1, beta 0.9 and beta 1 come equally far",
      kind: "same",
      measure: "decades at gamma 0.1",
      arm: "beta 0.9",
      than: "beta 1",
      margin: 0.1,
    },
    {
      id: "small-steps-without-averaging",
      says: "at gamma 0.1, beta 0.9 and beta 0 come equally far",
      kind: "same",
      measure: "decades at gamma 0.1",
      arm: "beta 0.9",
      than: "beta 0",
      margin: 0.1,
    },
    {
      id: "large-steps",
      says: "at gamma 10, beta 0.9 comes farther than beta 1",
      kind: "more",
      measure: "decades at gamma 10",
      arm: "beta 0.9",
      than: "beta 1",
    },
    {
      id: "larger-steps",
      says: "at gamma 30, beta 0.95 comes farther than beta 1",
      kind: "more",
      measure: "decades at gamma 30",
      arm: "beta 0.95",
      than: "beta 1",
    },
    {
      id: "some-averaging",
      says: "at gamma 10, beta 0.9 comes farther than beta 0",
      kind: "more",
      measure: "decades at gamma 10",
      arm: "beta 0.9",
      than: "beta 0",
    },
    {
      id: "regret",
      says: "the loss never exceeds the average regret (theorem 2)",
      kind: "always",
      measure: "regret over loss, worst T",
      arms: ARMS.map(({ name }) => name),
      least: 1,
    },
    {
      id: "bound",
      says: "the average regret never exceeds DG / sqrt(T) (theorem 1)",
      kind: "always",
      measure: "bound over regret, worst T",
      arms: ARMS.map(({ name }) => name),
      least: 1,
    },
    {
      id: "lipschitz",
      says: "no gradient is longer than the G of the bound",
      kind: "always",
      measure: "G over gradient, worst T",
      arms: ARMS.map(({ name }) => name),
      least: 1,
    },
  ],
  differs: [
    "The paper states neither start nor number of steps, and shows losses as colours only; " +
    "here a start is standard normal, and the measure is how many powers of ten the least " +
    "loss of the average lies below the first.",
    "The problems are the same for every seed, the starts are not, so that seeds and " +
    "problems cross.",
    "G of the theorem is the largest eigenvalue times D: a quadratic is steeper farther " +
    "out, and a claim of its own checks that no gradient met was longer.",
  ],
  scales: {
    smoke: {
      says: "2 problems, 60 steps; the bound up to 16 steps",
      settings: { problems: 2, dimensions: 20, steps: 60, horizon: 16 },
    },
    small: {
      says: "the paper's 10 problems, 1,000 steps; the bound up to 1,024",
      settings: { problems: 10, dimensions: 20, steps: 1000, horizon: 1024 },
    },
  },
  engine: "reference",
  run,
};

/** Measures each beta at every gamma, and against the bound. */
async function* run(asked: Measuring): AsyncGenerator<Measured> {
  const { problems, dimensions, steps, horizon } = asked.settings as Readonly<
    Record<string, number>
  >;
  const drawn = randomQuadratics({
    problems: problems!,
    dimensions: dimensions!,
    seed: asked.seed,
  });
  const items = drawn.start.map((_, i) => `problem ${i}`);
  for (const [place, { name, settings }] of asked.arms.entries()) {
    const beta = Number(settings.beta);
    const values = {
      ...gridValues(drawn, { beta, steps: steps! }),
      ...boundValues(drawn, { beta, horizon: horizon! }),
    };
    yield { arm: name, values: { items, values } };
    const [done, total] = [place + 1, asked.arms.length];
    asked.progress?.({ label: `seed ${asked.seed}`, done, total });
    await new Promise((resolve) => setTimeout(resolve, 0));
    asked.signal?.throwIfAborted();
  }
}

/** Powers of ten that the least loss lies below the first, at every step size. */
function gridValues(
  problems: Quadratics,
  options: { readonly beta: number; readonly steps: number },
): Record<string, number[]> {
  return Object.fromEntries(GAMMAS.map((gamma) => {
    const { first, least } = descendQuadratics(problems, { ...options, gamma });
    return [
      `decades at gamma ${gamma}`,
      first.map((loss, i) => Math.log10(loss / least[i]!)),
    ];
  }));
}

/** Loss, average regret and bound at every number of steps, and the worst of each ratio. */
function boundValues(
  problems: Quadratics,
  { beta, horizon }: { readonly beta: number; readonly horizon: number },
): Record<string, number[]> {
  const values: Record<string, number[]> = {};
  const keepLeast = (name: string, ratios: readonly number[]) =>
    values[name] = ratios.map((ratio, i) =>
      Math.min(ratio, values[name]?.[i] ?? Infinity)
    );
  for (const steps of HORIZONS.filter((steps) => steps <= horizon)) {
    const { gamma, lipschitz, bound } = theoremOne(problems, steps);
    const found = descendQuadratics(problems, { beta, gamma, steps });
    values[`loss at T ${steps}`] = [...found.last];
    values[`regret at T ${steps}`] = [...found.regret];
    values[`bound at T ${steps}`] = bound;
    keepLeast(
      "regret over loss, worst T",
      found.regret.map((regret, i) => regret / found.last[i]!),
    );
    keepLeast(
      "bound over regret, worst T",
      bound.map((value, i) => value / found.regret[i]!),
    );
    keepLeast(
      "G over gradient, worst T",
      lipschitz.map((value, i) => value / found.gradient[i]!),
    );
  }
  return values;
}

/**
 * Step, Lipschitz constant and bound of theorem 1 for each quadratic.
 *
 *     D = |start|,  G = largest eigenvalue D,  gamma = D / (G sqrt(T)),  bound = D G / sqrt(T)
 *
 * @param problems The quadratics.
 * @param steps Number of steps T.
 * @returns One number a problem each.
 *
 * @example Usage
 * ```ts
 * import { theoremOne } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { gamma, bound } = theoremOne({ eigenvalues: [[0.5]], start: [[2]] }, 4);
 * assertEquals([gamma, bound], [[1], [1]]);
 * ```
 */
export function theoremOne(
  { eigenvalues, start }: Quadratics,
  steps: number,
): Readonly<Record<"gamma" | "lipschitz" | "bound", number[]>> {
  const distance = start.map((row) => Math.hypot(...row));
  const steepest = eigenvalues.map((row) => Math.max(...row));
  const root = Math.sqrt(steps);
  const lipschitz = steepest.map((value, i) => value * distance[i]!);
  return {
    lipschitz,
    gamma: distance.map((value, i) => value / (lipschitz[i]! * root)),
    bound: distance.map((value, i) => value * lipschitz[i]! / root),
  };
}
