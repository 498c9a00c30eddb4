import { ShapeError } from "../../num/shape_error.ts";
import { scalarOf, tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";
import { hasKernel, runFused, runKernel } from "./fused.ts";
import { matrixProduct } from "./matrix_product.ts";

/** What a linear layer does to its result. */
export type Activation = "none" | "gelu" | "relu";

/** Settings of {@linkcode linear}. */
export interface LinearOptions {
  /** `[out]`, added to every row; absent for none. */
  readonly bias?: Tensor | undefined;
  /** What is done to the sum; `gelu` is the exact form, by the error function. Default `none`. */
  readonly activation?: Activation | undefined;
}

/**
 * Multiplies rows by a weight matrix, adds a bias, applies an activation.
 *
 *     y = activation(x W^T + b)
 *     gelu(u) = u / 2 (1 + erf(u / sqrt 2))
 *
 * The weight is `[out, in]`, as checkpoints store it, not `[in, out]`.
 *
 * Source: Hendrycks and Gimpel 2016, equation 1 (gelu).
 *
 * @param x `[rows, in]`.
 * @param weight `[out, in]`.
 * @param options Bias and activation.
 * @returns `[rows, out]`.
 * @throws {ShapeError} If the shapes do not fit.
 *
 * @example Usage
 * ```ts
 * import { linear, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const x = tensorOf([1, 2], [1, 2]);
 * const weight = tensorOf([3, 4, 5, -6], [2, 2]);
 * const bias = tensorOf([10, 0], [2]);
 * assertEquals([...read(linear(x, weight, { bias, activation: "relu" }))], [21, 0]);
 * ```
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  options: LinearOptions = {},
): Tensor {
  const { bias, activation = "none" } = options;
  checkShapes(x, weight, bias);
  return hasKernel("LabLinear")
    ? fusedLinear(x, weight, { bias, activation })
    : composedLinear(x, weight, { bias, activation });
}

/** The engine's own kernel and gradient. */
function fusedLinear(
  x: Tensor,
  weight: Tensor,
  { bias, activation }: LinearOptions,
): Tensor {
  const attributes = { activation, bias: bias !== undefined, needX: true };
  return runFused({
    kernel: "LabLinear",
    inputs: { x, weight, ...(bias && { bias }) },
    attributes: { activation },
    save: ([, pre]) => pre ? [x, weight, pre] : [x, weight],
    gradient: (dy, [x, weight, pre]) =>
      runKernel("LabLinearGrad", {
        dy,
        x: x!,
        weight: weight!,
        ...(pre && { pre }),
      }, attributes),
  });
}

/** The same from plain operations. */
function composedLinear(
  x: Tensor,
  weight: Tensor,
  { bias, activation = "none" }: LinearOptions,
): Tensor {
  return tf.tidy(() => {
    const product = matrixProduct(x, tf.transpose(weight));
    const sum = bias ? tf.add(product, bias) : product;
    return activation === "gelu"
      ? gelu(sum)
      : activation === "relu"
      ? tf.relu(sum)
      : sum;
  });
}

/** `u / 2 (1 + erf(u / sqrt 2))`. */
function gelu(u: Tensor): Tensor {
  const erf = tf.erf(tf.mul(u, scalarOf(Math.SQRT1_2)));
  return tf.mul(tf.mul(u, scalarOf(0.5)), tf.add(erf, scalarOf(1)));
}

/** Refuses operands that do not fit. */
function checkShapes(x: Tensor, weight: Tensor, bias?: Tensor): void {
  const fits = x.rank === 2 && weight.rank === 2 &&
    x.shape[1] === weight.shape[1] &&
    (!bias || (bias.rank === 1 && bias.shape[0] === weight.shape[0]));
  if (fits) return;
  throw new ShapeError(
    "apply a linear layer",
    "x [rows, in], weight [out, in], bias [out]",
    `x [${x.shape}], weight [${weight.shape}]${
      bias ? `, bias [${bias.shape}]` : ""
    }`,
  );
}
