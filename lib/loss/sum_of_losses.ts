import { scalarOf, type Tensor, tf } from "../engine/tensor.ts";

/** One loss of a sum. */
export interface WeightedLoss {
  /** The loss, a scalar. */
  readonly loss: Tensor;
  /** What it is multiplied by; 0 leaves it out. */
  readonly weight: number;
}

/**
 * Adds up losses, each times its weight.
 *
 *     total = sum of weight * loss
 *
 * A weight of 0 leaves the loss out altogether, also where it is NaN.
 *
 * Source: for example KL 1 and Margin-MSE 0.05 in SPLADE-v3 (Lassance and others
 * 2024); KL plus ColBERT's in-batch loss in ColBERTv2.
 *
 * @param losses At least one with a weight that is not 0.
 * @returns A scalar.
 * @throws {RangeError} If no loss has a weight.
 *
 * @example Usage
 * ```ts
 * import { read, scalarOf, sumOfLosses, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const total = sumOfLosses([
 *   { loss: scalarOf(2), weight: 1 },
 *   { loss: scalarOf(8), weight: 0.5 },
 * ]);
 * assertEquals(read(total)[0], 6);
 * ```
 */
export function sumOfLosses(losses: readonly WeightedLoss[]): Tensor {
  const counted = losses.filter(({ weight }) => weight !== 0);
  if (counted.length === 0) {
    throw new RangeError(
      "Cannot add losses: expected at least one with a weight other than 0, got none",
    );
  }
  return tf.tidy(() =>
    counted
      .map(({ loss, weight }) => tf.mul(loss, scalarOf(weight)))
      .reduce((sum, part) => tf.add(sum, part))
  );
}
