import { ShapeError } from "../../num/shape_error.ts";
import { scalarOf, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { hasKernel, runFused, runKernel } from "./fused.ts";

/** Settings of {@linkcode unitNorm}. */
export interface UnitNormOptions {
  /** Lower bound of the divisor, greater than 0. Default 1e-12. */
  readonly epsilon?: number | undefined;
}

/**
 * Scales every row to length 1.
 *
 *     y = x / max(|x|, epsilon)
 *
 * A row of zeros stays zeros and has a finite gradient. The divisor is bounded
 * from below, epsilon is not added to it.
 *
 * Range: rows of length 1, or shorter where `|x| < epsilon`.
 * Source: `torch.nn.functional.normalize`, which ColBERT code calls.
 *
 * @param x `[rows, n]`.
 * @param options Epsilon.
 * @returns `[rows, n]`.
 * @throws {ShapeError} If `x` is no matrix.
 *
 * @example Usage
 * ```ts
 * import { read, tensorOf, unitNorm, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const y = read(unitNorm(tensorOf([3, 4], [1, 2])));
 * assertAlmostEquals(y[0]!, 0.6, 1e-7);
 * assertAlmostEquals(y[1]!, 0.8, 1e-7);
 * ```
 */
export function unitNorm(x: Tensor, options: UnitNormOptions = {}): Tensor {
  const { epsilon = 1e-12 } = options;
  if (x.rank !== 2) {
    throw new ShapeError("scale rows", "x [rows, n]", `x [${x.shape}]`);
  }
  if (!hasKernel("LabUnitNorm")) return composedUnitNorm(x, epsilon);
  return runFused({
    kernel: "LabUnitNorm",
    inputs: { x },
    attributes: { epsilon },
    save: ([y, norm]) => [y!, norm!],
    gradient: (dy, [y, norm]) =>
      runKernel("LabUnitNormGrad", { dy, y: y!, norm: norm! }, { epsilon }),
  });
}

/**
 * The same from plain operations: by the largest magnitude first, so that squares
 * of 1e30 do not overflow, then by the length that remains.
 */
function composedUnitNorm(x: Tensor, epsilon: number): Tensor {
  return tf.tidy(() => {
    const largest = stopGradient(
      tf.maximum(tf.max(tf.abs(x), 1, true), scalarOf(epsilon)),
    );
    const scaled = tf.div(x, largest);
    const least = tf.square(tf.div(scalarOf(epsilon), largest));
    const squared = tf.sum(tf.square(scaled), 1, true);
    return tf.div(scaled, tf.sqrt(tf.maximum(squared, least)));
  });
}

/** A tensor that counts as a constant: its gradient is zero. */
function stopGradient(x: Tensor): Tensor {
  return tf.customGrad((x) => ({
    value: tf.clone(x as Tensor),
    gradFunc: (dy: Tensor) => tf.zerosLike(dy),
  }))(x);
}
