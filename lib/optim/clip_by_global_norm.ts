import { scaleAllInPlace } from "../engine/ops/scale_in_place.ts";
import { sumOfSquares } from "../engine/ops/sum_of_squares.ts";
import type { Parameters } from "../engine/tensor.ts";
import { checkNumbers } from "./check_numbers.ts";
import type { Optimizer } from "./optimizer.ts";

/** Settings of {@linkcode clipByGlobalNorm}. */
export interface ClipSettings {
  /** Longest gradient that is let through, greater than 0. */
  readonly maxNorm: number;
}

/**
 * An optimiser that first shortens gradients longer than `maxNorm`.
 *
 *     norm = sqrt(sum of all squares of all gradients)
 *     gradient = gradient * min(1, maxNorm / (norm + 1e-6))
 *
 * All parameters share one factor, so the direction stays. The norm before
 * clipping is in the state as `gradientNorm`, for logs. A NaN stays visible: it
 * makes every parameter NaN.
 *
 * Source: `torch.nn.utils.clip_grad_norm_`, the same values.
 *
 * @param optimizer What takes the step.
 * @param settings The longest gradient.
 * @returns An optimiser of the same name.
 * @throws {RangeError} If `maxNorm` is not greater than 0.
 *
 * @example Usage
 * ```ts
 * import { clipByGlobalNorm, read, sgd, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const optimizer = clipByGlobalNorm(sgd({ learningRate: 1 }), { maxNorm: 1 });
 * const start = { w: tensorOf([0, 0], [2]) };
 * const gradients = { w: tensorOf([3, 4], [2]) };
 * const { parameters, state } = optimizer.step(start, gradients, optimizer.init(start));
 * assertAlmostEquals(read(parameters["w"]!)[0]!, -0.6, 1e-6);
 * assertAlmostEquals(state.numbers["gradientNorm"]!, 5, 1e-6);
 * ```
 */
export function clipByGlobalNorm(
  optimizer: Optimizer,
  settings: ClipSettings,
): Optimizer {
  const { maxNorm } = settings;
  checkNumbers("clipping", { maxNorm: [maxNorm, "greater than 0"] });
  return {
    ...optimizer,
    step: (parameters, gradients, state) => {
      const norm = Math.sqrt(sumOfSquares(Object.values(gradients)));
      const clipped = shortened(gradients, maxNorm / (norm + 1e-6));
      const stepped = optimizer.step(parameters, clipped, state);
      const numbers = { ...stepped.state.numbers, gradientNorm: norm };
      return { ...stepped, state: { ...stepped.state, numbers } };
    },
  };
}

/** Gradients times a factor below 1, or as they are; a NaN factor is applied. */
function shortened(gradients: Parameters, factor: number): Parameters {
  if (factor >= 1) return gradients;
  const scaled = scaleAllInPlace(Object.values(gradients), factor);
  return Object.fromEntries(
    Object.keys(gradients).map((name, i) => [name, scaled[i]!]),
  );
}
