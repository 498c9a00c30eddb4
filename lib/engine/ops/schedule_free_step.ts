import { scalarOf, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { hasKernel, runKernel, runOnSets } from "./fused.ts";

/** One parameter of {@linkcode scheduleFreeStep} with its memory. */
export interface ScheduleFreeTensors {
  /** Where the gradient is taken. */
  readonly y: Tensor;
  /** The base sequence. */
  readonly z: Tensor;
  /** Running mean of squared gradients. */
  readonly second: Tensor;
}

/** Numbers of {@linkcode scheduleFreeStep}. */
export interface ScheduleFreeOptions {
  /** Step size of `z`, greater than 0. */
  readonly learningRate: number;
  /** Share of the average in `y`, `[0, 1)`. */
  readonly beta1: number;
  /** Decay of the second mean, `[0, 1)`. */
  readonly beta2: number;
  /** Added to the root, greater than 0. */
  readonly epsilon: number;
  /** Decay, taken at `y`. */
  readonly weightDecay: number;
  /** `1 - beta2^t`, with `t` counted from 1. */
  readonly correction2: number;
  /** Weight of the new `z` in the average, `c` of the paper, `[0, 1]`. */
  readonly mix: number;
}

/**
 * One schedule-free AdamW step of one parameter.
 *
 *     second = beta2 second + (1 - beta2) g^2
 *     u = g / (sqrt(second / c2) + epsilon) + decay y
 *     y = (1 - mix) y + mix z + lr (beta1 (1 - mix) - 1) u
 *     z = z - lr u
 *
 * `y` is moved with the old `z`. The average `x` is never stored: it is
 * `(y - (1 - beta1) z) / beta1`. All four tensors given are consumed; an engine
 * may return the same storage, updated in place.
 *
 * Source: Defazio et al. 2024, algorithm 1, in the form of their code, which
 * keeps `y` and `z`.
 *
 * @param tensors The two sequences, gradient and memory, of one shape; consumed.
 * @param options Rates, correction and mix.
 * @returns The new sequences and memory; the caller disposes them.
 *
 * @example Usage
 * ```ts
 * import { read, scheduleFreeStep, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const { y, z } = scheduleFreeStep({
 *   y: tensorOf([1], [1]),
 *   gradient: tensorOf([4], [1]),
 *   z: tensorOf([1], [1]),
 *   second: tensorOf([0], [1]),
 * }, {
 *   learningRate: 0.1,
 *   beta1: 0.9,
 *   beta2: 0.999,
 *   epsilon: 1e-8,
 *   weightDecay: 0,
 *   correction2: 0.001,
 *   mix: 1,
 * });
 * // The first average is the first z, so y and z agree.
 * assertAlmostEquals(read(y)[0]!, 0.9, 1e-6);
 * assertAlmostEquals(read(z)[0]!, 0.9, 1e-6);
 * ```
 */
export function scheduleFreeStep(
  tensors: ScheduleFreeTensors & { readonly gradient: Tensor },
  options: ScheduleFreeOptions,
): ScheduleFreeTensors {
  const inputs = { ...tensors };
  const [y, z, second] = hasKernel("LabScheduleFreeAdamW")
    ? runKernel("LabScheduleFreeAdamW", inputs, { ...options })
    : composedStep(tensors, options);
  tf.dispose(inputs);
  return { y: y!, z: z!, second: second! };
}

/**
 * One schedule-free AdamW step of many parameters, in one call where the engine can.
 *
 * Each moves as by {@linkcode scheduleFreeStep}, the source too.
 *
 * @param many Sequences, gradients and memory, of any shapes; consumed.
 * @param options Rates, correction and mix, the same for all.
 * @returns The new sequences and memory, in their order; the caller disposes them.
 *
 * @example Usage
 * ```ts
 * import { read, scheduleFreeSteps, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const one = (x: number) => tensorOf([x], [1]);
 * const moved = scheduleFreeSteps([4, -4].map((slope) => ({
 *   ...{ y: one(1), gradient: one(slope), z: one(1), second: one(0) },
 * })), {
 *   ...{ learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
 *   ...{ weightDecay: 0, correction2: 0.001, mix: 1 },
 * });
 * const [down, up] = moved.map(({ z }) => read(z)[0]!);
 * assertAlmostEquals(down!, 0.9, 1e-6);
 * assertAlmostEquals(up!, 1.1, 1e-6);
 * ```
 */
export function scheduleFreeSteps(
  many: readonly (ScheduleFreeTensors & { readonly gradient: Tensor })[],
  options: ScheduleFreeOptions,
): ScheduleFreeTensors[] {
  if (many.length === 0 || !hasKernel("LabScheduleFreeAdamWList")) {
    return many.map((tensors) => scheduleFreeStep(tensors, options));
  }
  const sets = many.map((tensors) => ({ ...tensors }));
  const made = runOnSets("LabScheduleFreeAdamWList", sets, { ...options });
  tf.dispose(sets);
  return sets.map((_, i) => {
    const [y, z, second] = made.slice(3 * i, 3 * i + 3);
    return { y: y!, z: z!, second: second! };
  });
}

/** The same from plain operations, on new tensors. */
function composedStep(
  { y, gradient, z, second }: ScheduleFreeTensors & { gradient: Tensor },
  options: ScheduleFreeOptions,
): Tensor[] {
  const { learningRate, beta1, beta2, epsilon, weightDecay, mix } = options;
  return tf.tidy(() => {
    const square = tf.add(
      tf.mul(second, scalarOf(beta2)),
      tf.mul(tf.square(gradient), scalarOf(1 - beta2)),
    );
    const root = tf.sqrt(tf.div(square, scalarOf(options.correction2)));
    const step = tf.add(
      tf.div(gradient, tf.add(root, scalarOf(epsilon))),
      tf.mul(y, scalarOf(weightDecay)),
    );
    const mixed = tf.add(
      tf.mul(y, scalarOf(1 - mix)),
      tf.mul(z, scalarOf(mix)),
    );
    const share = scalarOf(learningRate * (beta1 * (1 - mix) - 1));
    return [
      tf.add(mixed, tf.mul(step, share)),
      tf.sub(z, tf.mul(step, scalarOf(learningRate))),
      square,
    ];
  });
}
