import type { Tensor } from "../engine/tensor.ts";
import { klDivergence } from "./kl_divergence.ts";

/** Settings of {@linkcode tctDistillation}. */
export interface TctDistillationOptions {
  /** Divides the teacher's scores, greater than 0. Default 0.25. */
  readonly teacherTemperature?: number;
  /** Whether queries are averaged, as the code does, or added up, as the paper writes. Default `mean`. */
  readonly reduction?: "mean" | "sum";
}

/**
 * Distils a late-interaction teacher into a single-vector student over the
 * documents of the batch.
 *
 *     p = softmax(teacher / teacherTemperature)
 *     loss = mean over queries of sum p (log p - log softmax(student))
 *
 * The teacher scores live, all-to-all, so that every document of the batch counts
 * for every query; with each query's own documents only (`[queries, 2]`) it is
 * the paper's pairwise distillation. The student has no temperature: its scores
 * are dot products of vectors of any length. The published batch of 96 on eight
 * cores put only 12 queries and 24 passages into one softmax.
 *
 * Range: `[0, infinity)`, nats.
 * Source: Lin, Yang and Lin 2021 (TCT-ColBERT), equations 2 to 4, temperature 0.25;
 * `reduction: "sum"` as printed, `mean` as their code.
 * Differs: their code takes Keras' divergence, which clips probabilities at 1e-7, so
 * that a document the student gives less than that has no gradient.
 *
 * @param scores The student's, `[queries, documents]`.
 * @param teacher The teacher's MaxSim scores, of the same shape; a constant.
 * @param options Temperature and reduction.
 * @returns A scalar.
 * @throws {ShapeError} If the shapes differ or are no matrices.
 * @throws {RangeError} If the temperature is not greater than 0.
 *
 * @example Usage
 * ```ts
 * import { read, tctDistillation, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const teacher = tensorOf([1, 0], [1, 2]);
 * const student = tensorOf([4, 0], [1, 2]); // 1 / 0.25
 * assertAlmostEquals(read(tctDistillation(student, teacher))[0]!, 0, 1e-12);
 * ```
 */
export function tctDistillation(
  scores: Tensor,
  teacher: Tensor,
  options: TctDistillationOptions = {},
): Tensor {
  const { teacherTemperature = 0.25, reduction = "mean" } = options;
  const scale = reduction === "sum" ? scores.shape[0]! : 1;
  return klDivergence(scores, teacher, { teacherTemperature, scale });
}
