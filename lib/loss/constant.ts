import { type Tensor, tf } from "../engine/tensor.ts";

/**
 * A tensor that counts as a constant: no gradient flows through it.
 *
 *     value = x, gradient = 0
 *
 * A teacher's scores are constants of the student's loss, also where both
 * were computed on the same tape.
 *
 * @param x Any float tensor.
 * @returns The same numbers.
 *
 * @example Usage
 * ```ts
 * import { constant, read, tensorOf, useEngine, valueAndGradients } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const { gradients } = valueAndGradients(
 *   ({ x }) => x!.mul(constant(x!)).sum(),
 *   { x: tensorOf([3], [1]) },
 * );
 * assertEquals([...read(gradients["x"]!)], [3]); // and not 6
 * ```
 */
export function constant(x: Tensor): Tensor {
  return tf.customGrad((given) => ({
    value: tf.clone(given as Tensor),
    gradFunc: (dy: Tensor) => tf.zerosLike(dy),
  }))(x);
}
