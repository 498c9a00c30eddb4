import {
  type Parameters,
  scalarOf,
  type Tensor,
  tf,
} from "../engine/tensor.ts";

/**
 * Copies a tensor into memory of its own.
 *
 * `tf.clone` shares the numbers, which a step in place would then change on both
 * sides.
 *
 * @param x Any float tensor; it stays alive.
 * @returns The same numbers, bit for bit; the caller disposes it.
 *
 * @example Usage
 * ```ts
 * import { freshCopy, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * assertEquals([...read(freshCopy(tensorOf([1, 2], [2])))], [1, 2]);
 * ```
 */
export function freshCopy(x: Tensor): Tensor {
  return tf.tidy(() => tf.mul(x, scalarOf(1)));
}

/**
 * Copies every tensor of a set into memory of its own.
 *
 * @param parameters They stay alive.
 * @returns New tensors of the same names; the caller disposes them.
 */
export function freshCopies(parameters: Parameters): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, x]) => [name, freshCopy(x)]),
  );
}
