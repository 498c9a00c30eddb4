import type { Parameters } from "../engine/tensor.ts";
import { ShapeError } from "../num/shape_error.ts";
import { weightedSum } from "./weighted_sum.ts";

/** Settings of {@linkcode taskArithmetic}. */
export interface TaskArithmeticOptions {
  /** Multiplies the sum of all differences. Default 1. */
  readonly lambda?: number;
  /** Weight of each model, `[models]`; may be negative, to forget. Default: 1 each. */
  readonly weights?: readonly number[];
  /** Whether the weights are divided by their sum. Default false. */
  readonly isNormalised?: boolean;
}

/**
 * Adds to a base what several models of it have learned.
 *
 *     result = base + lambda * sum over k of weights[k] (models[k] - base)
 *
 * All models must have been fine-tuned from that base.
 *
 * Source: Ilharco and others 2023; mergekit's `task_arithmetic`.
 *
 * @param base What the models started from; it stays alive.
 * @param models At least one; they stay alive.
 * @param options Lambda and weights.
 * @returns New tensors; the caller disposes them.
 * @throws {RangeError} If there is no model, or normalised weights add up to 0.
 * @throws {ShapeError} If names, shapes or the number of weights differ.
 *
 * @example Usage
 * ```ts
 * import { read, taskArithmetic, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const base = { w: tensorOf([1], [1]) };
 * const models = [{ w: tensorOf([3], [1]) }, { w: tensorOf([0], [1]) }];
 * const sum = taskArithmetic(base, models, { lambda: 0.5 });
 * assertAlmostEquals(read(sum["w"]!)[0]!, 1 + 0.5 * (2 - 1), 1e-12);
 * ```
 */
export function taskArithmetic(
  base: Parameters,
  models: readonly Parameters[],
  options: TaskArithmeticOptions = {},
): Parameters {
  const { lambda = 1, isNormalised = false } = options;
  const { weights = models.map(() => 1) } = options;
  checkModels(models, weights);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (isNormalised && total === 0) {
    throw new RangeError(
      `Cannot add models: expected weights with a sum other than 0, got ${
        weights.join(", ")
      }`,
    );
  }
  const shares = weights.map((weight) =>
    lambda * weight / (isNormalised ? total : 1)
  );
  const ofBase = 1 - shares.reduce((sum, share) => sum + share, 0);
  return weightedSum([base, ...models], [ofBase, ...shares]);
}

/** Refuses no models, and weights of another number. */
function checkModels(
  models: readonly Parameters[],
  weights: readonly number[],
): void {
  if (models.length === 0) {
    throw new RangeError(
      "Cannot add models: expected at least one model, got none",
    );
  }
  if (weights.length !== models.length) {
    throw new ShapeError(
      "add models",
      `${models.length} weights`,
      `${weights.length}`,
    );
  }
}
