import { logSoftmax } from "../engine/ops/log_softmax.ts";
import { scalarOf, type Tensor, tensorOf, tf } from "../engine/tensor.ts";
import { ShapeError } from "../num/shape_error.ts";
import { checkRows } from "./check_rows.ts";
import { type Temperature, tempered } from "./tempered.ts";

/** What {@linkcode crossEntropy} holds scores against. */
export interface CrossEntropyTargets {
  /** Column of the right answer of each query, `[queries]`. */
  readonly labels: ArrayLike<number>;
  /** 1 where a candidate takes no part, `[queries * candidates]`. Default: none. */
  readonly exclude?: Uint8Array | undefined;
}

/** Settings of the losses with a softmax over the student's scores. */
export interface TemperatureOptions {
  /** Divides the scores, greater than 0; a scalar tensor is learned. Default 1. */
  readonly temperature?: Temperature;
}

/**
 * Softmax cross-entropy of each query's right answer among its candidates.
 *
 *     loss = mean over queries of -log softmax(scores / temperature)[label]
 *
 * A candidate that is excluded is minus infinity before the softmax: it is in
 * no sum and has no gradient. It is never a score of 0, which would beat
 * every negative score.
 *
 * Range: `[0, infinity)`, nats, mean over queries.
 *
 * @param scores `[queries, candidates]`.
 * @param targets Label of each query, and what is excluded.
 * @param options Temperature.
 * @returns A scalar.
 * @throws {ShapeError} If scores are no matrix or targets are of another length.
 * @throws {RangeError} If a label is no column, or is itself excluded.
 *
 * @example Usage
 * ```ts
 * import { crossEntropy, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const scores = tensorOf([2, 2, 9], [1, 3]);
 * const exclude = new Uint8Array([0, 0, 1]); // the 9 is a positive too
 * const loss = crossEntropy(scores, { labels: [0], exclude });
 * assertAlmostEquals(read(loss)[0]!, Math.log(2), 1e-12);
 * ```
 */
export function crossEntropy(
  scores: Tensor,
  targets: CrossEntropyTargets,
  options: TemperatureOptions = {},
): Tensor {
  const { temperature = 1 } = options;
  const { queries } = checkRows(scores, "compute a cross-entropy");
  const isLabel = labelMask(scores, targets);
  return tf.tidy(() => {
    const logits = excluded(tempered(scores, temperature), targets.exclude);
    const logLikelihood = logSoftmax(logits);
    const right = tensorOf(isLabel, scores.shape, "bool");
    const picked = tf.where(right, logLikelihood, tf.zerosLike(logLikelihood));
    return tf.mul(tf.sum(picked), scalarOf(-1 / queries));
  });
}

/** Logits with minus infinity wherever a candidate takes no part. */
function excluded(logits: Tensor, exclude: Uint8Array | undefined): Tensor {
  if (!exclude?.includes(1)) return logits;
  return tf.where(
    tensorOf(exclude, logits.shape, "bool"),
    tf.fill(logits.shape, -Infinity),
    logits,
  );
}

/** 1 at each query's label; refuses what is no label. */
function labelMask(scores: Tensor, targets: CrossEntropyTargets): Uint8Array {
  const { labels, exclude } = targets;
  const [queries, candidates] = scores.shape as [number, number];
  const action = "compute a cross-entropy";
  if (labels.length !== queries) {
    throw new ShapeError(action, `${queries} labels`, `${labels.length}`);
  }
  if (exclude && exclude.length !== queries * candidates) {
    const expected = `${queries * candidates} entries of exclude`;
    throw new ShapeError(action, expected, `${exclude.length}`);
  }
  const mask = new Uint8Array(queries * candidates);
  for (let query = 0; query < queries; query++) {
    const label = labels[query]!;
    const at = query * candidates + label;
    if (!Number.isInteger(label) || label < 0 || label >= candidates) {
      throw new RangeError(
        `Cannot ${action}: expected a label below ${candidates}, got ${label} (query ${query})`,
      );
    }
    if (exclude?.[at]) {
      throw new RangeError(
        `Cannot ${action}: expected the label among the candidates, got it excluded (query ${query}, column ${label})`,
      );
    }
    mask[at] = 1;
  }
  return mask;
}
