import { linear } from "../engine/ops/linear.ts";
import { type Parameters, type Tensor, tf } from "../engine/tensor.ts";

/** What a layer of the head does to its sum; `gelu` is the exact form. */
export type HeadActivation =
  | "none"
  | "relu"
  | "gelu"
  | "tanh"
  | "sigmoid"
  | "silu";

/** One layer between a token's state and its vector. */
export interface HeadLayer {
  /** Length of what it gives, at least 1. */
  readonly dim: number;
  /** Whether a bias is added. Default `false`. */
  readonly bias?: boolean;
  /** What is done to the sum. Default `none`. */
  readonly activation?: HeadActivation;
  /**
   * Whether the layer's input is added to its result, after the activation: as it
   * is where the lengths agree, else through a matrix of its own. Default `false`.
   */
  readonly residual?: boolean;
}

/**
 * Names a parameter of a layer of the head: `head.weight` of the first, then
 * `head.2.weight`, `head.3.weight` and so on.
 *
 * @param place Place of the layer, from 0.
 * @param field Which of its parameters.
 * @returns The name.
 *
 * @example Usage
 * ```ts
 * import { headName } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([headName(0, "weight"), headName(1, "residual")], ["head.weight", "head.2.residual"]);
 * ```
 */
export function headName(
  place: number,
  field: "weight" | "bias" | "residual",
): string {
  return place === 0 ? `head.${field}` : `head.${place + 1}.${field}`;
}

/**
 * Lists the parameters of a head.
 *
 * @param layers The layers in order, at least one.
 * @param hidden Length of a token state.
 * @returns Shape by name: `weight [dim, in]`, `bias [dim]`, and `residual [dim, in]`
 * where a layer with a residual changes the length.
 * @throws {RangeError} If there is no layer, or a `dim` is not a whole number from 1
 * to 65,536.
 *
 * @example Usage
 * ```ts
 * import { headShapes } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(headShapes([{ dim: 4 }, { dim: 2, residual: true }], 8), {
 *   "head.weight": [4, 8],
 *   "head.2.weight": [2, 4],
 *   "head.2.residual": [2, 4],
 * });
 * ```
 */
export function headShapes(
  layers: readonly HeadLayer[],
  hidden: number,
): Record<string, readonly number[]> {
  if (layers.length === 0) {
    throw new RangeError(
      "Cannot make an encoder: expected a head of at least one layer, got none",
    );
  }
  const shapes: Record<string, readonly number[]> = {};
  let width = hidden;
  layers.forEach(({ dim, bias = false, residual = false }, place) => {
    if (!Number.isInteger(dim) || dim < 1 || dim > 65536) {
      throw new RangeError(
        `Cannot make an encoder: expected dim from 1 to 65,536, got ${dim}`,
      );
    }
    shapes[headName(place, "weight")] = [dim, width];
    if (bias) shapes[headName(place, "bias")] = [dim];
    if (residual && dim !== width) {
      shapes[headName(place, "residual")] = [dim, width];
    }
    width = dim;
  });
  return shapes;
}

/**
 * Runs token states through the layers of a head, without the last scaling.
 *
 *     x <- activation(W x + b) [+ x, or + R x where the length changes]
 *
 * The residual skips the activation, and its matrix has no bias.
 *
 * Source: PyLate 1.6.0, `models/Dense.py`; Clavié et al. 2025 (Simple Projection
 * Variants Improve ColBERT Performance).
 *
 * @param states `[tokens, hidden]`.
 * @param parameters Weights by name, as {@linkcode headShapes} lists them.
 * @param layers The layers in order.
 * @returns `[tokens, dim]`, `dim` being the last layer's.
 *
 * @example Usage
 * ```ts
 * import { read, runHead, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const parameters = { "head.weight": tensorOf([-1, 0, 0, 1], [2, 2]) };
 * const layer = { dim: 2, activation: "relu", residual: true } as const;
 * // relu([-3, 4]) + [3, 4]
 * assertEquals([...read(runHead(tensorOf([3, 4], [1, 2]), parameters, [layer]))], [3, 8]);
 * ```
 */
export function runHead(
  states: Tensor,
  parameters: Parameters,
  layers: readonly HeadLayer[],
): Tensor {
  return layers.reduce((x, layer, place) => {
    const { activation = "none", residual = false } = layer;
    const named = (field: "weight" | "bias" | "residual") =>
      parameters[headName(place, field)];
    const bias = layer.bias ? named("bias") : undefined;
    const y = activated(x, named("weight")!, { bias, activation });
    if (!residual) return y;
    return tf.add(
      y,
      layer.dim === x.shape[1] ? x : linear(x, named("residual")!),
    );
  }, states);
}

/** A linear layer with any of the head's activations. */
function activated(x: Tensor, weight: Tensor, { bias, activation }: {
  readonly bias: Tensor | undefined;
  readonly activation: HeadActivation;
}): Tensor {
  switch (activation) {
    case "none":
    case "relu":
    case "gelu":
      return linear(x, weight, { bias, activation });
    case "tanh":
      return tf.tanh(linear(x, weight, { bias }));
    case "sigmoid":
      return tf.sigmoid(linear(x, weight, { bias }));
    case "silu": {
      const sum = linear(x, weight, { bias });
      return tf.mul(sum, tf.sigmoid(sum));
    }
  }
}
