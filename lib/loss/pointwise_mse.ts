import { scalarOf, type Tensor, tf } from "../engine/tensor.ts";
import { checkRows, checkTeacher } from "./check_rows.ts";
import { constant } from "./constant.ts";

/**
 * Mean squared error between the student's and the teacher's scores.
 *
 *     loss = mean over queries and ways of (s - t)^2
 *
 * With two ways it is half the error of the positives plus half that of the
 * negatives. The student is asked for the teacher's very scores: both need the
 * same scale and height.
 *
 * Range: `[0, infinity)`, squared scores, mean over queries and ways.
 * Source: Hofstätter and others 2020, the pointwise row of its table of losses.
 *
 * @param scores The student's, `[queries, ways]`.
 * @param teacher The teacher's, `[queries, ways]`; a constant.
 * @returns A scalar.
 * @throws {ShapeError} If the shapes differ or are no matrices.
 *
 * @example Usage
 * ```ts
 * import { pointwiseMse, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const loss = pointwiseMse(tensorOf([5, 3], [1, 2]), tensorOf([4, 0], [1, 2]));
 * assertEquals(read(loss)[0], 5); // (1 + 9) / 2
 * ```
 */
export function pointwiseMse(scores: Tensor, teacher: Tensor): Tensor {
  const { queries, ways } = checkRows(scores, "compare scores");
  checkTeacher(scores, teacher, "compare scores");
  return tf.tidy(() => {
    const error = tf.square(tf.sub(scores, constant(teacher)));
    return tf.mul(tf.sum(error), scalarOf(1 / (queries * ways)));
  });
}
