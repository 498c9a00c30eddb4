import { logSoftmax } from "../engine/ops/log_softmax.ts";
import { scalarOf, type Tensor, tf } from "../engine/tensor.ts";
import { checkRows, checkTeacher } from "./check_rows.ts";
import { constant } from "./constant.ts";
import { minMax } from "./min_max.ts";
import { type Temperature, tempered } from "./tempered.ts";

/** What is done to one side's scores before the softmax. */
export type Normalisation = "raw" | "min-max" | "query-length";

/** Settings of {@linkcode klDivergence}. */
export interface KlDivergenceOptions {
  /** Of the student's scores. Default `raw`. */
  readonly student?: Normalisation;
  /** Of the teacher's scores. Default `raw`. */
  readonly teacher?: Normalisation;
  /** Divides the student's scores, greater than 0. Default 1. */
  readonly studentTemperature?: Temperature;
  /** Divides the teacher's scores, greater than 0; a paper's alpha is its inverse. Default 1. */
  readonly teacherTemperature?: number;
  /** Divisor of `query-length`: positions of a query, for example 32. */
  readonly queryLength?: number;
  /** Multiplies the loss, for example by a squared temperature. Default 1. */
  readonly scale?: number;
}

/**
 * Kullback-Leibler divergence from the teacher's ranking of each query's
 * documents to the student's.
 *
 *     p = softmax(teacher / teacherTemperature)
 *     loss = scale * mean over queries of sum p (log p - log softmax(student / studentTemperature))
 *
 * Either side may first be scaled to `[0, 1]` by its own row's lowest and highest
 * (`min-max`; the student's gradient flows through both). Of 32 ways, min-max
 * leaves a teacher's best document a probability of at most 0.08: losses and
 * gradients are some hundred times smaller than with raw scores, and the learning
 * rate that fits one does not fit the other.
 *
 * Range: `[0, infinity)`, nats, mean over queries (torch's `batchmean`).
 * Source: Clavié 2024 (JaColBERTv2.5), equation 4: `min-max` on both sides. PyLate
 * `Distillation`: student `min-max`, teacher `raw`. ColBERTv2: both `raw`.
 * sentence-transformers' `DistillKLDivLoss` with temperature t: both temperatures t,
 * `scale` t squared. Their `query-length` divides by the longest query allowed.
 * Differs: matchmaker's `KLDivTeacherList` hands torch the student's probabilities in
 * place of their logarithms; what comes out is no divergence, and can be negative.
 *
 * @param scores The student's, `[queries, ways]`.
 * @param teacher The teacher's, `[queries, ways]`; a constant.
 * @param options Normalisations and temperatures.
 * @returns A scalar.
 * @throws {ShapeError} If the shapes differ or are no matrices.
 * @throws {RangeError} If a temperature or the query length is not greater than 0.
 *
 * @example Usage
 * ```ts
 * import { klDivergence, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const student = tensorOf([20, 10, 15], [1, 3]);
 * const teacher = tensorOf([2, 0, 1], [1, 3]);
 * const options = { student: "min-max", teacher: "min-max" } as const;
 * const loss = klDivergence(student, teacher, options);
 * assertAlmostEquals(read(loss)[0]!, 0, 1e-12); // the same once scaled
 * ```
 */
export function klDivergence(
  scores: Tensor,
  teacher: Tensor,
  options: KlDivergenceOptions = {},
): Tensor {
  const { studentTemperature = 1, teacherTemperature = 1, scale = 1 } = options;
  const { queries } = checkRows(scores, "compute a divergence");
  checkTeacher(scores, teacher, "compute a divergence");
  return tf.tidy(() => {
    const student = normalised(scores, options.student, options.queryLength);
    const wanted = normalised(teacher, options.teacher, options.queryLength);
    const logStudent = logSoftmax(tempered(student, studentTemperature));
    const logTeacher = constant(
      logSoftmax(tempered(wanted, teacherTemperature)),
    );
    const gap = tf.sub(logTeacher, logStudent);
    const total = tf.sum(tf.mul(tf.exp(logTeacher), gap));
    return tf.mul(total, scalarOf(scale / queries));
  });
}

/** Scores as the softmax will see them. */
function normalised(
  scores: Tensor,
  normalisation: Normalisation = "raw",
  queryLength?: number,
): Tensor {
  if (normalisation === "raw") return scores;
  if (normalisation === "min-max") return minMax(scores);
  if (!(queryLength !== undefined && queryLength > 0)) {
    throw new RangeError(
      `Cannot compute a divergence: expected queryLength greater than 0 for query-length, got ${queryLength}`,
    );
  }
  return tf.div(scores, scalarOf(queryLength));
}
