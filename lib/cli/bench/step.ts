import { read, tensorOf } from "../../engine/tensor.ts";
import { contrastive } from "../../loss/contrastive.ts";
import { klDivergence } from "../../loss/kl_divergence.ts";
import { hash32 } from "../../num/hash.ts";
import { optimizerNamed } from "../../optim/optimizer_named.ts";
import { maxSimScores } from "../../score/max_sim_scores.ts";
import type { Model } from "../../store/model/model.ts";
import { packDocuments } from "../../text/document_form.ts";
import { packQueries } from "../../text/query_form.ts";
import { parametersOf } from "../../search/retriever.ts";
import {
  type BatchLoss,
  type TrainingBatch,
  type TrainingState,
  trainStep,
} from "../../train/step.ts";
import type { BenchBatch } from "./batch.ts";
import type { BenchModel } from "./model.ts";
import type { BenchSettings } from "./settings.ts";
import type { Turn } from "./turns.ts";

/** A training step that can be taken again and again on the same texts. */
export interface BenchStep {
  /** Tokens encoded in a step, padding not counted. */
  readonly tokens: number;
  /** Takes the next step: from the batch's token ids to the moved parameters. */
  take(): Turn & { readonly loss: number };
}

/** The rates of both systems: AdamW's, and the longest gradient. */
export const BENCH_RATES = {
  learningRate: 3e-5,
  weightDecay: 0.01,
  clip: 1,
} as const;

/**
 * Prepares the laboratory's own training step on a batch: the loss, AdamW,
 * clipping, dropout.
 *
 * @param model What is trained, and the weights to start from.
 * @param batch The texts.
 * @param options The loss, and the share of features dropped.
 * @returns The step; texts are tokenised already.
 */
export function benchStep(
  { model, weights }: BenchModel,
  batch: BenchBatch,
  { loss, dropout }: Pick<BenchSettings, "loss" | "dropout">,
): BenchStep {
  const training = packedBatch(model, batch);
  const { encoder } = model; // what is loaded beside it is not held
  const optimizer = optimizerNamed("adamw", {
    steps: 1e6,
    schedule: "constant",
    ...BENCH_RATES,
  });
  const parameters = parametersOf(weights);
  let state: TrainingState = {
    parameters,
    optimizer: optimizer.init(parameters),
  };
  const take = () => {
    const start = performance.now();
    const taken = trainStep(state, training, {
      encoder,
      loss: LOSSES[loss],
      optimizer,
      dropout: { rate: dropout, key: hash32(1, 2), step: state.optimizer.step },
    });
    state = taken.state;
    read(state.parameters["head.weight"]!); // an engine may compute later than asked
    return {
      seconds: (performance.now() - start) / 1000,
      loss: taken.figures.loss,
    };
  };
  return {
    tokens: training.queries.ids.length + training.documents.ids.length,
    take,
  };
}

/** The batch's token ids and targets. */
function packedBatch(
  { tokenizer, queryForm, documentForm }: Model,
  { queries, documents, scores }: BenchBatch,
): TrainingBatch {
  const ways = documents[0]?.length ?? 0;
  return {
    queries: packQueries(queries, tokenizer, queryForm),
    documents: packDocuments(documents.flat(), tokenizer, documentForm),
    ways,
    excluded: new Uint8Array(queries.length * queries.length * ways),
    teacher: Float32Array.from(scores.flat()),
  };
}

/** The losses of both sides, at temperature 1. */
const LOSSES: Readonly<Record<BenchSettings["loss"], BatchLoss>> = {
  kl: (queries, documents, { ways, teacher }) =>
    klDivergence(
      maxSimScores(queries, documents, { ways }),
      tensorOf(teacher!, [queries.offsets.length - 1, ways]),
    ),
  contrastive: (queries, documents, { ways }) =>
    contrastive(maxSimScores(queries, documents), { ways }),
};
