import { scalarOf, type Tensor, tf } from "../engine/tensor.ts";

/** A divisor of scores before a softmax: a number, or a scalar to be learned. */
export type Temperature = number | Tensor;

/**
 * Divides scores by a temperature.
 *
 *     y = scores / temperature
 *
 * A learned temperature is a scalar tensor among the parameters, like any
 * other; keep it positive by storing its logarithm: `tf.exp(parameters.logTemperature)`.
 * With MaxSim's sums of up to 39 cosines a temperature of 1 is what 0.026 is for
 * one cosine.
 *
 * @param scores Any shape.
 * @param temperature Divisor, greater than 0.
 * @returns The same shape.
 * @throws {RangeError} If a number is not greater than 0.
 *
 * @example Usage
 * ```ts
 * import { read, tempered, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * assertEquals([...read(tempered(tensorOf([1, 2], [1, 2]), 0.5))], [2, 4]);
 * ```
 */
export function tempered(scores: Tensor, temperature: Temperature): Tensor {
  if (typeof temperature !== "number") return tf.div(scores, temperature);
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new RangeError(
      `Cannot divide scores: expected a temperature greater than 0, got ${temperature}`,
    );
  }
  return temperature === 1 ? scores : tf.div(scores, scalarOf(temperature));
}
