import { scalarOf, type Tensor, tf } from "../engine/tensor.ts";
import { checkRows, checkTeacher } from "./check_rows.ts";
import { constant } from "./constant.ts";

/** Settings of {@linkcode marginMse}. */
export interface MarginMseOptions {
  /** Which margins, and what counts of their error; see below. Default `first`. */
  readonly form?: "first" | "all-pairs" | "hinge";
}

/**
 * Mean squared error between the student's and the teacher's margins.
 *
 *     first:      mean over j > 0 of ((s[0] - s[j]) - (t[0] - t[j]))^2
 *     all-pairs:  mean over all i, j of ((s[i] - s[j]) - (t[i] - t[j]))^2
 *     hinge:      mean over j > 0 of max(0, (s[0] - s[j]) - (t[0] - t[j]))^2
 *
 * The positive is the first way. Only margins are compared, so the two may score
 * at different heights, but not on different scales: a cross-encoder's margins of 10
 * ask as much of a sum of 32 cosines.
 *
 * Range: `[0, infinity)`, squared scores, mean over queries and margins.
 * Source: `first`: Hofstätter and others 2020, section 3; sentence-transformers'
 * `MarginMSELoss`. `all-pairs`: the trainer of SPLADE, zeros of the diagonal
 * counted. `hinge`: Clavié 2024 (JaColBERTv2.5), equation 3 as printed.
 * Differs: JaColBERTv2.5's code has no hinge, it is `first`.
 *
 * @param scores The student's, `[queries, ways]`, the positive first.
 * @param teacher The teacher's, `[queries, ways]`; a constant.
 * @param options Form.
 * @returns A scalar.
 * @throws {ShapeError} If the shapes differ or there is one way only.
 *
 * @example Usage
 * ```ts
 * import { marginMse, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const loss = marginMse(tensorOf([5, 3], [1, 2]), tensorOf([-1, -6], [1, 2]));
 * assertEquals(read(loss)[0], 9); // (2 - 5)^2
 * ```
 */
export function marginMse(
  scores: Tensor,
  teacher: Tensor,
  options: MarginMseOptions = {},
): Tensor {
  const { form = "first" } = options;
  const { queries, ways } = checkRows(scores, "compare margins", 2);
  checkTeacher(scores, teacher, "compare margins");
  return tf.tidy(() => {
    const error = tf.sub(scores, constant(teacher));
    const gaps = form === "all-pairs" ? allPairs(error) : margins(error);
    const counted = form === "hinge" ? tf.relu(gaps) : gaps;
    const count = queries * (form === "all-pairs" ? ways * ways : ways - 1);
    return tf.mul(tf.sum(tf.square(counted)), scalarOf(1 / count));
  });
}

/**
 * The first of each row minus each of the others.
 *
 * @param scores `[queries, ways]`, at least two ways.
 * @returns `[queries, ways - 1]`.
 */
export function margins(scores: Tensor): Tensor {
  const [queries, ways] = scores.shape as [number, number];
  const first = tf.slice(scores, [0, 0], [queries, 1]);
  return tf.sub(first, tf.slice(scores, [0, 1], [queries, ways - 1]));
}

/** Each of a row minus each, `[queries, ways, ways]`. */
function allPairs(scores: Tensor): Tensor {
  const [queries, ways] = scores.shape as [number, number];
  return tf.sub(
    tf.reshape(scores, [queries, ways, 1]),
    tf.reshape(scores, [queries, 1, ways]),
  );
}
