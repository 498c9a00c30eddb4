import type { Tensor } from "../engine/tensor.ts";
import { ShapeError } from "../num/shape_error.ts";
import { checkRows } from "./check_rows.ts";
import { crossEntropy, type TemperatureOptions } from "./cross_entropy.ts";

/** What {@linkcode contrastive} holds scores against. */
export interface ContrastiveTargets {
  /** Documents of each query, its positive first. Default 1. */
  readonly ways?: number;
  /**
   * 1 where a document is no negative of a query, `[queries * queries * ways]`;
   * see {@linkcode falseNegatives}. Default: none.
   */
  readonly exclude?: Uint8Array | undefined;
}

/** Settings of {@linkcode contrastive}. */
export interface ContrastiveOptions extends TemperatureOptions {
  /**
   * Whether a query's own hard negatives are candidates. `false` is ColBERT's
   * in-batch loss, which leaves them to another loss. Default true.
   */
  readonly ownNegatives?: boolean;
}

/**
 * Softmax cross-entropy of each query's positive among its hard negatives and
 * the documents of all other queries of the batch.
 *
 *     loss = mean over i of -log softmax(scores[i] / temperature)[i * ways]
 *
 * Columns are query-major: query i's positive is column `i * ways`, its hard
 * negatives are the columns after it. A temperature fit for one cosine (0.02) is
 * far too sharp for MaxSim, a sum of some 32 cosines: begin at 1.
 *
 * Range: `[0, infinity)`, nats, mean over queries; `log(queries * ways)` where all
 * scores are equal.
 * Source: PyLate `Contrastive` (default); the generic in-batch loss with
 * `ways: 1`; ColBERT's in-batch loss with `ownNegatives: false`.
 * Differs: none of them excludes false negatives.
 *
 * @param scores `[queries, queries * ways]`, all-to-all.
 * @param targets Ways, and what is excluded.
 * @param options Temperature, and whether own hard negatives take part.
 * @returns A scalar.
 * @throws {ShapeError} If there are not `queries * ways` columns.
 * @throws {RangeError} If a positive is itself excluded.
 *
 * @example Usage
 * ```ts
 * import { contrastive, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const scores = tensorOf([5, 5, 5, 5, 1, 1, 1, 1], [2, 4]); // 2 queries, 2 ways
 * const loss = contrastive(scores, { ways: 2 });
 * assertAlmostEquals(read(loss)[0]!, Math.log(4), 1e-12);
 * ```
 */
export function contrastive(
  scores: Tensor,
  targets: ContrastiveTargets = {},
  options: ContrastiveOptions = {},
): Tensor {
  const { ways = 1, exclude } = targets;
  const { ownNegatives = true, temperature = 1 } = options;
  const { queries, ways: columns } = checkRows(
    scores,
    "compute a contrastive loss",
  );
  if (columns !== queries * ways) {
    throw new ShapeError(
      "compute a contrastive loss",
      `scores [${queries}, ${queries * ways}] for ${ways} ways`,
      `[${scores.shape}]`,
    );
  }
  const labels = Array.from({ length: queries }, (_, query) => query * ways);
  return crossEntropy(scores, {
    labels,
    exclude: ownNegatives ? exclude : withoutOwn(queries, ways, exclude),
  }, { temperature });
}

/** Excludes every query's own hard negatives as well. */
function withoutOwn(
  queries: number,
  ways: number,
  exclude: Uint8Array | undefined,
): Uint8Array {
  const mask = new Uint8Array(queries * queries * ways);
  mask.set(exclude ?? []);
  for (let query = 0; query < queries; query++) {
    const positive = query * queries * ways + query * ways;
    mask.fill(1, positive + 1, positive + ways);
  }
  return mask;
}
