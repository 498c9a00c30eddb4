import { tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";

/**
 * Multiplies matrices, or stacks of them, with a gradient free of transposed
 * operands.
 *
 *     y = a b,   da = dy b^T,   db = a^T dy
 *
 * TensorFlow.js's own gradient hands the transposition to its BatchMatMul, which
 * the `wasm` engine runs some eight times slower than a transposition followed
 * by a plain product.
 *
 * @param a `[..., rows, inner]`, rank 2 or 3.
 * @param b `[..., inner, columns]`, of the same rank and the same stack size.
 * @returns `[..., rows, columns]`.
 *
 * @example Usage
 * ```ts
 * import { matrixProduct, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const product = matrixProduct(tensorOf([1, 2, 3, 4], [2, 2]), tensorOf([5, 6], [2, 1]));
 * assertEquals([...read(product)], [1 * 5 + 2 * 6, 3 * 5 + 4 * 6]);
 * ```
 */
export function matrixProduct(a: Tensor, b: Tensor): Tensor {
  const differentiable = tf.customGrad((...given) => {
    const [left, right] = given as [Tensor, Tensor];
    const keep = given[2] as unknown as tf.GradSaveFunc;
    keep([left, right]);
    return {
      value: tf.matMul(left, right),
      gradFunc: (dy: Tensor, saved: Tensor[]) => [
        tf.matMul(dy, swapLastAxes(saved[1]!)),
        tf.matMul(swapLastAxes(saved[0]!), dy),
      ],
    };
  });
  return differentiable(a, b);
}

/**
 * Transposes each matrix of a stack.
 *
 * @param x `[..., rows, columns]`, rank 2 or 3.
 * @returns `[..., columns, rows]`.
 */
export function swapLastAxes(x: Tensor): Tensor {
  return tf.transpose(x, x.rank === 2 ? [1, 0] : [0, 2, 1]);
}
