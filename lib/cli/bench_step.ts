import { read, tensorOf } from "../engine/tensor.ts";
import { klDivergence } from "../loss/kl_divergence.ts";
import { hash32 } from "../num/hash.ts";
import { stream } from "../num/stream.ts";
import { optimizerNamed } from "../optim/optimizer_named.ts";
import { maxSimScores } from "../score/max_sim_scores.ts";
import type { Model } from "../store/model/model.ts";
import type { WeightMap } from "../store/weight_map.ts";
import { packDocuments } from "../text/document_form.ts";
import { packQueries } from "../text/query_form.ts";
import { parametersOf } from "../search/retriever.ts";
import {
  type BatchLoss,
  type TrainingBatch,
  type TrainingState,
  trainStep,
} from "../train/step.ts";
import type { BenchBatch } from "./bench_batch.ts";

/** What one step took. */
export interface StepTime {
  /** From the batch's token ids to the moved parameters. */
  readonly seconds: number;
  /** The loss before the step, nats. */
  readonly loss: number;
}

/** A training step that can be taken again and again on the same texts. */
export interface BenchStep {
  /** Tokens encoded in a step, padding not counted. */
  readonly tokens: number;
  /** Takes the next step. */
  take(): StepTime;
}

/** The rates of both systems: AdamW's, and the longest gradient. */
export const BENCH_RATES = {
  learningRate: 3e-5,
  weightDecay: 0.01,
  clip: 1,
} as const;

/**
 * Gives a model that has none a head of random numbers, from a seed.
 *
 * Random: stream `bench/head`, a normal draw a weight.
 *
 * @param model As loaded.
 * @returns Its parameters, `head.weight` among them.
 */
export function withHead({ parameters, encoder, hasHead }: Model): WeightMap {
  if (hasHead) return parameters;
  const { dim, hidden } = encoder;
  const random = stream(1, "bench/head");
  const values = Float32Array.from(
    { length: dim * hidden },
    () => random.normal() / Math.sqrt(hidden),
  );
  return { ...parameters, "head.weight": { shape: [dim, hidden], values } };
}

/**
 * Prepares the laboratory's own training step on a batch: divergence from the
 * given scores, AdamW, clipping, dropout.
 *
 * @param model What is trained; lengths and forms as it says.
 * @param batch The texts.
 * @param options Weights to start from, and the share of features dropped.
 * @returns The step; texts are tokenised already.
 */
export function benchStep(
  model: Model,
  batch: BenchBatch,
  { weights, dropout }: {
    readonly weights: WeightMap;
    readonly dropout: number;
  },
): BenchStep {
  const training = packedBatch(model, batch);
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
      encoder: model.encoder,
      loss: divergence,
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

/** Divergence from the given scores to the model's, neither scaled. */
const divergence: BatchLoss = (queries, documents, { ways, teacher }) =>
  klDivergence(
    maxSimScores(queries, documents, { ways }),
    tensorOf(teacher!, [queries.offsets.length - 1, ways]),
  );
