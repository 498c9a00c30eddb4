import { scalarOf, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { hasKernel, runKernel, runOnSets } from "./fused.ts";

/** One parameter of {@linkcode adamStep} with its memory. */
export interface AdamTensors {
  /** The parameter. */
  readonly parameter: Tensor;
  /** Running mean of gradients. */
  readonly first: Tensor;
  /** Running mean of squared gradients. */
  readonly second: Tensor;
}

/** Numbers of {@linkcode adamStep}. */
export interface AdamOptions {
  /** Step size, greater than 0. */
  readonly learningRate: number;
  /** Decay of the first mean, `[0, 1)`. */
  readonly beta1: number;
  /** Decay of the second mean, `[0, 1)`. */
  readonly beta2: number;
  /** Added to the root, greater than 0. */
  readonly epsilon: number;
  /** Share of the parameter taken off a unit of learning rate. */
  readonly weightDecay: number;
  /** `1 - beta1^t`, with `t` counted from 1. */
  readonly correction1: number;
  /** `1 - beta2^t`. */
  readonly correction2: number;
}

/**
 * One AdamW step of one parameter.
 *
 *     first  = beta1 first + (1 - beta1) g,   second = beta2 second + (1 - beta2) g^2
 *     parameter = parameter (1 - lr decay) - lr (first / c1) / (sqrt(second / c2) + epsilon)
 *
 * The decay is decoupled: it never enters the means. All four tensors given are
 * consumed; an engine may return the same storage, updated in place.
 *
 * Source: Loshchilov and Hutter 2019, algorithm 2.
 *
 * @param tensors Parameter, gradient and memory, of one shape; consumed.
 * @param options Rates and corrections.
 * @returns The new parameter and memory; the caller disposes them.
 *
 * @example Usage
 * ```ts
 * import { adamStep, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const { parameter } = adamStep({
 *   parameter: tensorOf([1], [1]),
 *   gradient: tensorOf([4], [1]),
 *   first: tensorOf([0], [1]),
 *   second: tensorOf([0], [1]),
 * }, {
 *   learningRate: 0.1,
 *   beta1: 0.9,
 *   beta2: 0.999,
 *   epsilon: 1e-8,
 *   weightDecay: 0,
 *   correction1: 0.1,
 *   correction2: 0.001,
 * });
 * // The first step goes the learning rate far, whatever the gradient's size.
 * assertAlmostEquals(read(parameter)[0]!, 0.9, 1e-6);
 * ```
 */
export function adamStep(
  tensors: AdamTensors & { readonly gradient: Tensor },
  options: AdamOptions,
): AdamTensors {
  const inputs = { ...tensors };
  const [parameter, first, second] = hasKernel("LabAdamW")
    ? runKernel("LabAdamW", inputs, { ...options })
    : composedStep(tensors, options);
  tf.dispose(inputs);
  return { parameter: parameter!, first: first!, second: second! };
}

/**
 * One AdamW step of many parameters, in one call where the engine can.
 *
 * Each moves as by {@linkcode adamStep}, the source too.
 *
 * @param many Parameters, gradients and memory, of any shapes; consumed.
 * @param options Rates and corrections, the same for all.
 * @returns The new parameters and memory, in their order; the caller disposes them.
 *
 * @example Usage
 * ```ts
 * import { adamSteps, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const one = (x: number) => tensorOf([x], [1]);
 * const moved = adamSteps([4, -4].map((slope) => ({
 *   ...{ parameter: one(1), gradient: one(slope), first: one(0), second: one(0) },
 * })), {
 *   ...{ learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
 *   ...{ weightDecay: 0, correction1: 0.1, correction2: 0.001 },
 * });
 * const [down, up] = moved.map(({ parameter }) => read(parameter)[0]!);
 * assertAlmostEquals(down!, 0.9, 1e-6);
 * assertAlmostEquals(up!, 1.1, 1e-6);
 * ```
 */
export function adamSteps(
  many: readonly (AdamTensors & { readonly gradient: Tensor })[],
  options: AdamOptions,
): AdamTensors[] {
  if (many.length === 0 || !hasKernel("LabAdamWList")) {
    return many.map((tensors) => adamStep(tensors, options));
  }
  const sets = many.map((tensors) => ({ ...tensors }));
  const made = runOnSets("LabAdamWList", sets, { ...options });
  tf.dispose(sets);
  return sets.map((_, i) => {
    const [parameter, first, second] = made.slice(3 * i, 3 * i + 3);
    return { parameter: parameter!, first: first!, second: second! };
  });
}

/** The same from plain operations, on new tensors. */
function composedStep(
  { parameter, gradient, first, second }: AdamTensors & { gradient: Tensor },
  options: AdamOptions,
): Tensor[] {
  const { learningRate, beta1, beta2, epsilon, weightDecay } = options;
  return tf.tidy(() => {
    const mean = blend(first, gradient, beta1);
    const square = blend(second, tf.square(gradient), beta2);
    const root = tf.sqrt(tf.div(square, scalarOf(options.correction2)));
    const direction = tf.div(mean, tf.add(root, scalarOf(epsilon)));
    const decayed = tf.mul(parameter, scalarOf(1 - learningRate * weightDecay));
    const rate = scalarOf(learningRate / options.correction1);
    return [tf.sub(decayed, tf.mul(direction, rate)), mean, square];
  });
}

/** `old share + new (1 - share)`. */
function blend(old: Tensor, fresh: Tensor, share: number): Tensor {
  return tf.add(
    tf.mul(old, scalarOf(share)),
    tf.mul(fresh, scalarOf(1 - share)),
  );
}
