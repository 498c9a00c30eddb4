import { scalarOf, type Tensor, tensorOf, tf } from "../engine/tensor.ts";

/**
 * Scales each row of scores to `[0, 1]`, its lowest to 0 and its highest to 1.
 *
 *     y = (s - min s) / (max s - min s + 1e-8)
 *
 * The gradient flows through the lowest and the highest; where several tie,
 * through the first of them only. A row of equal scores becomes zeros.
 *
 * Range: `[0, 1)`.
 * Source: PyLate `Distillation(normalize_scores=True)` and ColBERT pull request
 * 361, the same formula and the same 1e-8.
 *
 * @param scores `[queries, ways]`.
 * @returns `[queries, ways]`.
 *
 * @example Usage
 * ```ts
 * import { minMax, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const scaled = read(minMax(tensorOf([10, 20, 15], [1, 3])));
 * assertAlmostEquals(scaled[2]!, 0.5, 1e-8);
 * ```
 */
export function minMax(scores: Tensor): Tensor {
  const lowest = extremeOf(scores, "lowest");
  const highest = extremeOf(scores, "highest");
  const range = tf.add(tf.sub(highest, lowest), scalarOf(1e-8));
  return tf.div(tf.sub(scores, lowest), range);
}

/** The first lowest or highest of each row, `[queries, 1]`, which gets the gradient. */
function extremeOf(scores: Tensor, which: "lowest" | "highest"): Tensor {
  return tf.customGrad((given, save) => {
    const x = given as Tensor;
    const chosen = chosenEntries(x, which);
    (save as tf.GradSaveFunc)([chosen]);
    return {
      value: tf.sum(tf.where(chosen, x, tf.zerosLike(x)), 1, true),
      gradFunc: (dy: Tensor, saved: Tensor[]) =>
        tf.mul(dy, tf.cast(saved[0]!, "float32")),
    };
  })(scores);
}

/** True at one entry of each row. */
function chosenEntries(x: Tensor, which: "lowest" | "highest"): Tensor {
  const [queries, ways] = x.shape as [number, number];
  const index = which === "lowest" ? tf.argMin(x, 1) : tf.argMax(x, 1);
  const columns = tensorOf([...Array(ways).keys()], [1, ways], "int32");
  return tf.equal(columns, tf.reshape(index, [queries, 1]));
}
