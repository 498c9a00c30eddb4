import { ShapeError } from "../../num/shape_error.ts";
import { scalarOf, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { hasKernel, runFused, runKernel } from "./fused.ts";

/** Settings of {@linkcode layerNorm}. */
export interface LayerNormOptions {
  /** `[rows, n]`, added to `x` first; absent for none. */
  readonly residual?: Tensor | undefined;
  /** Added to the variance, greater than 0: 1e-12 in BERT, 1e-6 in USE. */
  readonly epsilon: number;
}

/**
 * Adds a residual, then gives every row mean 0 and variance 1, a gain and a bias.
 *
 *     s = x + residual,   y = (s - mean s) / sqrt(variance s + epsilon) gain + bias
 *
 * The variance divides by `n`, not by `n - 1`.
 *
 * Source: Ba, Kiros and Hinton 2016, equation 4.
 *
 * @param x `[rows, n]`.
 * @param gain `[n]`.
 * @param bias `[n]`.
 * @param options Residual and epsilon.
 * @returns `[rows, n]`.
 * @throws {ShapeError} If the shapes do not fit.
 *
 * @example Usage
 * ```ts
 * import { layerNorm, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const y = layerNorm(
 *   tensorOf([1, 3], [1, 2]),
 *   tensorOf([1, 1], [2]),
 *   tensorOf([0, 10], [2]),
 *   { epsilon: 1e-12 },
 * );
 * assertAlmostEquals(read(y)[0]!, -1, 1e-6);
 * assertAlmostEquals(read(y)[1]!, 11, 1e-6);
 * ```
 */
export function layerNorm(
  x: Tensor,
  gain: Tensor,
  bias: Tensor,
  options: LayerNormOptions,
): Tensor {
  checkShapes(x, gain, bias, options.residual);
  return hasKernel("LabLayerNorm")
    ? fusedLayerNorm({ x, gain, bias }, options)
    : composedLayerNorm({ x, gain, bias }, options);
}

/** The tensors every form needs. */
interface Operands {
  readonly x: Tensor;
  readonly gain: Tensor;
  readonly bias: Tensor;
}

/** The engine's own kernel and gradient. */
function fusedLayerNorm(
  { x, gain, bias }: Operands,
  { residual, epsilon }: LayerNormOptions,
): Tensor {
  return runFused({
    kernel: "LabLayerNorm",
    inputs: { x, gain, bias, ...(residual && { residual }) },
    attributes: { epsilon },
    save: ([, normalised, inverse]) => [normalised!, inverse!, gain],
    gradient: (dy, [normalised, inverseDeviation, gain]) => {
      const gradients = runKernel("LabLayerNormGrad", {
        dy,
        normalised: normalised!,
        inverseDeviation: inverseDeviation!,
        gain: gain!,
      });
      return residual ? [...gradients, tf.clone(gradients[0]!)] : gradients;
    },
  });
}

/** The same from plain operations. */
function composedLayerNorm(
  { x, gain, bias }: Operands,
  { residual, epsilon }: LayerNormOptions,
): Tensor {
  return tf.tidy(() => {
    const sum = residual ? tf.add(x, residual) : x;
    const centred = tf.sub(sum, tf.mean(sum, 1, true));
    const variance = tf.mean(tf.square(centred), 1, true);
    const inverse = tf.rsqrt(tf.add(variance, scalarOf(epsilon)));
    return tf.add(tf.mul(tf.mul(centred, inverse), gain), bias);
  });
}

/** Refuses operands that do not fit. */
function checkShapes(
  x: Tensor,
  gain: Tensor,
  bias: Tensor,
  residual?: Tensor,
): void {
  const n = x.shape[1];
  const fits = x.rank === 2 &&
    [gain, bias].every((t) => t.rank === 1 && t.shape[0] === n) &&
    (!residual || `${residual.shape}` === `${x.shape}`);
  if (fits) return;
  throw new ShapeError(
    "normalise rows",
    "x [rows, n], gain [n], bias [n], residual [rows, n]",
    `x [${x.shape}], gain [${gain.shape}], bias [${bias.shape}]${
      residual ? `, residual [${residual.shape}]` : ""
    }`,
  );
}
