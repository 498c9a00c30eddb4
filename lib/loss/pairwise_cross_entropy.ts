import type { Tensor } from "../engine/tensor.ts";
import { checkRows } from "./check_rows.ts";
import { crossEntropy, type TemperatureOptions } from "./cross_entropy.ts";

/** What {@linkcode pairwiseCrossEntropy} holds scores against. */
export interface PairwiseTargets {
  /** 1 where a way takes no part, `[queries * ways]`. Default: none. */
  readonly exclude?: Uint8Array | undefined;
}

/**
 * Softmax cross-entropy of each query's positive among its own documents.
 *
 *     loss = mean over queries of -log softmax(scores / temperature)[0]
 *
 * The positive is the first way. With two ways this is ColBERT's pairwise loss,
 * `log(1 + exp(negative - positive))`.
 *
 * Range: `[0, infinity)`, nats, mean over queries; 0 with one way.
 * Source: Khattab and Zaharia 2020 (ColBERT), section 3.3.
 *
 * @param scores `[queries, ways]`, the positive first.
 * @param targets What is excluded, for queries with fewer negatives.
 * @param options Temperature.
 * @returns A scalar.
 * @throws {ShapeError} If scores are no matrix.
 * @throws {RangeError} If a positive is itself excluded.
 *
 * @example Usage
 * ```ts
 * import { pairwiseCrossEntropy, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const loss = pairwiseCrossEntropy(tensorOf([3, 1], [1, 2]));
 * assertAlmostEquals(read(loss)[0]!, Math.log1p(Math.exp(-2)), 1e-12);
 * ```
 */
export function pairwiseCrossEntropy(
  scores: Tensor,
  targets: PairwiseTargets = {},
  options: TemperatureOptions = {},
): Tensor {
  const { queries } = checkRows(scores, "compute a pairwise cross-entropy");
  const labels = new Int32Array(queries);
  return crossEntropy(scores, { labels, exclude: targets.exclude }, options);
}
