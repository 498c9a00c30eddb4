import { logSoftmax } from "../engine/ops/log_softmax.ts";
import { scalarOf, type Tensor, tf } from "../engine/tensor.ts";
import { checkRows, checkTeacher } from "./check_rows.ts";
import { constant } from "./constant.ts";

/**
 * Cross-entropy from the teacher's distribution over the ways to the student's.
 *
 *     loss = mean over queries of -sum softmax(t) log softmax(s)
 *
 * It is the divergence of {@linkcode klDivergence} plus the teacher's entropy: the
 * gradients are the same, the values are not.
 *
 * Range: from the teacher's entropy up, nats, mean over queries.
 * Source: Cao and others 2007, the top-one form; sentence-transformers' `ListNetLoss`.
 * Differs: matchmaker's `ListNetLoss` adds 1e-6 to each probability of the student.
 *
 * @param scores The student's, `[queries, ways]`.
 * @param teacher The teacher's scores or graded labels, `[queries, ways]`; a constant.
 * @returns A scalar.
 * @throws {ShapeError} If the shapes differ or are no matrices.
 *
 * @example Usage
 * ```ts
 * import { listNet, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const loss = listNet(tensorOf([7, 7], [1, 2]), tensorOf([3, 1], [1, 2]));
 * assertAlmostEquals(read(loss)[0]!, Math.log(2), 1e-12);
 * ```
 */
export function listNet(scores: Tensor, teacher: Tensor): Tensor {
  const { queries } = checkRows(scores, "compare lists");
  checkTeacher(scores, teacher, "compare lists");
  return tf.tidy(() => {
    const wanted = constant(tf.exp(logSoftmax(teacher)));
    const total = tf.sum(tf.mul(wanted, logSoftmax(scores)));
    return tf.mul(total, scalarOf(-1 / queries));
  });
}
