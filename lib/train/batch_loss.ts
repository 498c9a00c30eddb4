import type { TokenVectors } from "../encoder/encoder.ts";
import { type Tensor, tensorOf } from "../engine/tensor.ts";
import { contrastive } from "../loss/contrastive.ts";
import { klDivergence } from "../loss/kl_divergence.ts";
import { listNet } from "../loss/list_net.ts";
import { marginMse } from "../loss/margin_mse.ts";
import { pairwiseCrossEntropy } from "../loss/pairwise_cross_entropy.ts";
import { pointwiseMse } from "../loss/pointwise_mse.ts";
import { rankNet, weightedRankNet } from "../loss/rank_net.ts";
import { tempered } from "../loss/tempered.ts";
import { maxSimScores } from "../score/max_sim_scores.ts";
import type { TrainSettings } from "./settings.ts";
import type { BatchLoss, TrainingBatch } from "./step.ts";

/** A loss of scores, `[queries, ways]`, and a teacher's, of the same shape. */
type Distillation = (
  scores: Tensor,
  teacher: Tensor,
  temperature: number,
) => Tensor;

/** The student's scores are divided by the temperature. */
function scaled(
  loss: (scores: Tensor, teacher: Tensor) => Tensor,
): Distillation {
  return (scores, teacher, temperature) =>
    loss(tempered(scores, temperature), teacher);
}

/** Losses that learn from a teacher's scores of each query's own documents. */
const DISTILLATIONS: Readonly<Record<string, Distillation>> = {
  kl: (scores, teacher, temperature) =>
    klDivergence(scores, teacher, {
      student: "min-max",
      teacher: "min-max",
      studentTemperature: temperature,
      teacherTemperature: temperature,
    }),
  "margin-mse": scaled(marginMse),
  mse: scaled(pointwiseMse),
  "list-net": scaled(listNet),
  "weighted-rank-net": scaled(weightedRankNet),
};

/** Losses that take the first of each query's own documents as the relevant one. */
const COMPARISONS: Readonly<
  Record<string, (scores: Tensor, temperature: number) => Tensor>
> = {
  pairwise: (scores, temperature) =>
    pairwiseCrossEntropy(scores, {}, { temperature }),
  "rank-net": (scores, temperature) => rankNet(tempered(scores, temperature)),
};

/** The losses that `--loss` names; `contrastive` is over the whole batch. */
export const LOSS_NAMES: readonly string[] = [
  "contrastive",
  ...Object.keys(COMPARISONS),
  ...Object.keys(DISTILLATIONS),
];

/**
 * The loss that the settings name, from token vectors to a scalar.
 *
 * - `contrastive`: cross-entropy of the positive among all documents of the
 *   batch, known relevant ones left out.
 * - `pairwise`, `rank-net`: the positive against the query's own documents, by
 *   cross-entropy over all of them or pair by pair.
 * - `kl`: divergence of the student's from the teacher's distribution over each
 *   query's documents; both sides min-max normalised, as JaColBERTv2.5 found best.
 * - `margin-mse`, `mse`, `list-net`, `weighted-rank-net`: the teacher's margins,
 *   scores, top-one distribution, and margins as weights of pairs.
 *
 * Except in `kl`, where it divides normalised scores of both sides, the
 * temperature divides the student's scores alone.
 *
 * Source: Clavié 2024 (JaColBERTv2.5), equation 4 and table 3; the others as
 * `lib/loss` says.
 *
 * @param settings Name of the loss and temperature.
 * @returns The loss of a batch.
 *
 * @example Usage
 * ```ts
 * import { batchLoss, packRows, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const vectors = (rows: number[]) => ({
 *   values: tensorOf(rows, [rows.length, 1]),
 *   offsets: Int32Array.from([...rows.keys(), rows.length]),
 *   keep: new Uint8Array(rows.length).fill(1),
 * });
 * const [queries, documents] = [packRows([{ ids: [1] }]), packRows([{ ids: [2] }, { ids: [3] }])];
 * const batch = { queries, documents, ways: 2, excluded: new Uint8Array(2) };
 * const loss = batchLoss({ loss: "pairwise", temperature: 0.5 });
 * // One query of one token; its positive scores 1, its negative 0.
 * const value = read(loss(vectors([1]), vectors([1, 0]), batch))[0]!;
 * assertAlmostEquals(value, Math.log(1 + Math.exp(-1 / 0.5)), 1e-12);
 * ```
 */
export function batchLoss(
  settings: Pick<TrainSettings, "loss" | "temperature">,
): BatchLoss {
  const { loss, temperature } = settings;
  const distillation = DISTILLATIONS[loss];
  if (distillation !== undefined) {
    return (queries, documents, batch) =>
      distillation(
        ownScores(queries, documents, batch),
        tensorOf(teacherScores(batch), shapeOf(queries, batch)),
        temperature,
      );
  }
  const comparison = COMPARISONS[loss];
  if (comparison !== undefined) {
    return (queries, documents, batch) =>
      comparison(ownScores(queries, documents, batch), temperature);
  }
  return (queries, documents, { ways, excluded: exclude }) =>
    contrastive(maxSimScores(queries, documents), { ways, exclude }, {
      temperature,
    });
}

/** Every query's scores of its own documents, `[queries, ways]`. */
function ownScores(
  queries: TokenVectors,
  documents: TokenVectors,
  { ways }: TrainingBatch,
): Tensor {
  return maxSimScores(queries, documents, { ways });
}

function shapeOf(
  { offsets }: TokenVectors,
  { ways }: TrainingBatch,
): [number, number] {
  return [offsets.length - 1, ways];
}

/**
 * Whether a loss learns from a teacher's scores.
 *
 * @param loss Name of the loss.
 * @returns True of `kl`, `margin-mse`, `mse`, `list-net`, `weighted-rank-net`.
 */
export function isDistillation(loss: string): boolean {
  return Object.hasOwn(DISTILLATIONS, loss);
}

/**
 * Whether a query's gradient depends on the other queries' documents, so that a
 * batch cannot be differentiated query by query.
 *
 * @param loss Name of the loss.
 * @returns True of `contrastive`.
 */
export function mixesBatch(loss: string): boolean {
  return loss === "contrastive";
}

function teacherScores({ teacher }: TrainingBatch): Float32Array {
  if (teacher) return teacher;
  throw new RangeError(
    "Cannot distil: expected teacher scores with the batch, got none",
  );
}
