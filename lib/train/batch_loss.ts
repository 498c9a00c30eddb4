import { tensorOf } from "../engine/tensor.ts";
import { contrastive } from "../loss/contrastive.ts";
import { klDivergence } from "../loss/kl_divergence.ts";
import { pairwiseCrossEntropy } from "../loss/pairwise_cross_entropy.ts";
import { maxSimScores } from "../score/max_sim_scores.ts";
import type { TrainSettings } from "./settings.ts";
import type { BatchLoss, TrainingBatch } from "./step.ts";

/**
 * The loss that the settings name, from token vectors to a scalar in nats.
 *
 * - `kl`: divergence of the student's from the teacher's distribution over each
 *   query's documents; both sides min-max normalised, as JaColBERTv2.5 found best.
 * - `contrastive`: cross-entropy of the positive among all documents of the
 *   batch, known relevant ones left out.
 * - `pairwise`: cross-entropy of the positive among the query's own documents.
 *
 * Source: Clavié 2024 (JaColBERTv2.5), equation 4 and table 3.
 *
 * @param settings Name of the loss and temperature.
 * @returns The loss of a batch.
 */
export function batchLoss(
  settings: Pick<TrainSettings, "loss" | "temperature">,
): BatchLoss {
  const { loss, temperature } = settings;
  if (loss === "contrastive") {
    return (queries, documents, { ways, excluded: exclude }) =>
      contrastive(maxSimScores(queries, documents), { ways, exclude }, {
        temperature,
      });
  }
  if (loss === "pairwise") {
    return (queries, documents, { ways }) =>
      pairwiseCrossEntropy(maxSimScores(queries, documents, { ways }), {}, {
        temperature,
      });
  }
  return (queries, documents, batch) =>
    klDivergence(
      maxSimScores(queries, documents, { ways: batch.ways }),
      tensorOf(teacherScores(batch), [queries.offsets.length - 1, batch.ways]),
      {
        student: "min-max",
        teacher: "min-max",
        studentTemperature: temperature,
        teacherTemperature: temperature,
      },
    );
}

/**
 * Whether a query's gradient depends on the other queries' documents, so that a
 * batch cannot be differentiated query by query.
 *
 * @param loss Name of the loss.
 * @returns True of `contrastive`.
 */
export function mixesBatch(loss: TrainSettings["loss"]): boolean {
  return loss === "contrastive";
}

function teacherScores({ teacher }: TrainingBatch): Float32Array {
  if (teacher) return teacher;
  throw new RangeError(
    "Cannot distil: expected teacher scores with the batch, got none",
  );
}
