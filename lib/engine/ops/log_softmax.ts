import { tf } from "../tensor.ts";
import type { Tensor } from "../tensor.ts";

/**
 * The logarithm of the softmax over the last axis.
 *
 *     y = x - max x - log sum exp(x - max x)
 *
 * The largest entry is taken off first, so that 1e30 does not overflow. An entry
 * of minus infinity stays minus infinity and takes no part in the sum.
 *
 * Range: `(-infinity, 0]`, nats.
 *
 * @param x `[rows, n]`.
 * @returns `[rows, n]`.
 *
 * @example Usage
 * ```ts
 * import { logSoftmax, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const y = read(logSoftmax(tensorOf([5, 5], [1, 2])));
 * assertAlmostEquals(y[0]!, -Math.log(2), 1e-12);
 * ```
 */
export function logSoftmax(x: Tensor): Tensor {
  return tf.logSoftmax(x, -1);
}
