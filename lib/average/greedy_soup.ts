import { type Parameters, tf } from "../engine/tensor.ts";
import { checkSets } from "./check_sets.ts";
import { uniformMean } from "./uniform_mean.ts";

/** One model that may enter a soup. */
export interface SoupCandidate {
  /** Its read-out. */
  readonly parameters: Parameters;
  /** Its score on held-out data, higher is better. */
  readonly score: number;
}

/** A soup and how it came about. */
export interface Soup {
  /** The mean of the chosen; new tensors, the caller disposes them. */
  readonly parameters: Parameters;
  /** Score of the mean on held-out data. */
  readonly score: number;
  /** Indices of the chosen, in the order they entered. */
  readonly chosen: readonly number[];
}

/**
 * Averages the models that make the average better.
 *
 *     from the best model on: keep the next one if score(mean with it) > score(mean)
 *
 * An equal score does not enter. Measure on dev, never on test: the soup is chosen
 * by this measure.
 *
 * Cost: one measurement a candidate but the first.
 * Source: Wortsman and others 2022 (model soups), recipe 1 of section 2.
 * Differs: recipe 1 keeps equals; their code, followed here, asks for more.
 *
 * @param candidates At least one, of the same names and shapes; they stay alive.
 * @param measure Scores a set on held-out data; it must not keep the tensors.
 * @returns The soup.
 * @throws {RangeError} If there is no candidate, or a score is NaN.
 * @throws {ShapeError} If names or shapes differ, naming the first.
 *
 * @example Usage
 * ```ts
 * import { greedySoup, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const nearOne = (set: { w?: ReturnType<typeof tensorOf> }) =>
 *   -Math.abs(read(set.w!)[0]! - 1);
 * const candidates = [0, 1.5, 9].map((w) => {
 *   const parameters = { w: tensorOf([w], [1]) };
 *   return { parameters, score: nearOne(parameters) };
 * });
 * const soup = await greedySoup(candidates, nearOne);
 * assertEquals(soup.chosen, [1, 0]); // mean 0.75; with 9 it would be 3.5
 * ```
 */
export async function greedySoup(
  candidates: readonly SoupCandidate[],
  measure: (parameters: Parameters) => number | Promise<number>,
): Promise<Soup> {
  checkSets(candidates.map(({ parameters }) => parameters), "make a soup");
  const [first, ...rest] = byScore(candidates);
  let soup: Soup = {
    parameters: uniformMean([candidates[first!]!.parameters]),
    score: candidates[first!]!.score,
    chosen: [first!],
  };
  for (const next of rest) {
    const chosen = [...soup.chosen, next];
    const parameters = uniformMean(
      chosen.map((index) => candidates[index]!.parameters),
    );
    const score = checked(await measure(parameters), next);
    const isBetter = score > soup.score;
    tf.dispose({ ...(isBetter ? soup.parameters : parameters) });
    if (isBetter) soup = { parameters, score, chosen };
  }
  return soup;
}

/** Indices of the candidates, best first, equals in the order given. */
function byScore(candidates: readonly SoupCandidate[]): number[] {
  const scores = candidates.map(({ score }, index) => checked(score, index));
  return scores.map((_, index) => index)
    .sort((a, b) => scores[b]! - scores[a]!);
}

/** Refuses a score that is no number. */
function checked(score: number, candidate: number): number {
  if (!Number.isNaN(score)) return score;
  throw new RangeError(
    `Cannot make a soup: expected a score, got NaN (candidate ${candidate})`,
  );
}
