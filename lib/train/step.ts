import { type Parameters, type Tensor, tf } from "../engine/tensor.ts";
import type { TokenVectors } from "../encoder/encoder.ts";
import type { Optimizer, OptimizerState } from "../optim/optimizer.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import {
  batchGradients,
  type BatchGradientsOptions,
} from "./batch_gradients.ts";

/** The texts of one step, tokenised. */
export interface TrainingBatch {
  /** `[queries]` texts. */
  readonly queries: PackedTokens;
  /** `[queries * ways]` texts, query-major, each query's positive first. */
  readonly documents: PackedTokens;
  /** Documents a query. */
  readonly ways: number;
  /** 1 where a document must not count as a query's negative, `[queries, queries * ways]`. */
  readonly excluded: Uint8Array;
  /** Teacher scores, `[queries * ways]`, for distillation. */
  readonly teacher?: Float32Array;
}

/** Encoded texts and targets to a scalar in nats. */
export type BatchLoss = (
  queries: TokenVectors,
  documents: TokenVectors,
  batch: TrainingBatch,
) => Tensor;

/** What moves from step to step. */
export interface TrainingState {
  /** Where the next gradient is taken. */
  readonly parameters: Parameters;
  /** The optimiser's memory. */
  readonly optimizer: OptimizerState;
  /** Texts encoded at a time from here on, where memory did not suffice for as many as asked. */
  readonly chunk?: number;
}

/** What a step reports. */
export interface StepFigures {
  /** The batch's loss before the step, nats. */
  readonly loss: number;
  /** Tokens encoded. */
  readonly tokens: number;
}

/** How a step is taken. */
export interface TrainStepOptions extends BatchGradientsOptions {
  /** The rule from gradients to parameters. */
  readonly optimizer: Optimizer;
}

/**
 * Takes one training step: encodes the batch's texts, differentiates the loss,
 * and lets the optimiser move the parameters.
 *
 * The texts are encoded in one go, or within less memory to the same gradient by
 * `chunk` and `accumulate` of {@linkcode batchGradients}. The state given is dead
 * afterwards. A loss that is not a finite number throws before the parameters
 * move. Where memory runs out the step is taken in smaller chunks, and so are those
 * that follow: the new state says how many texts fitted. The move itself is not tried
 * again: out of memory there, the state is lost.
 *
 * @param state Parameters and optimiser state; consumed.
 * @param batch The texts and targets.
 * @param options The model, the loss, the rule, dropout, chunk and parts.
 * @returns The new state and the step's figures.
 * @throws {RangeError} If the loss is NaN or infinite.
 */
export function trainStep(
  state: TrainingState,
  batch: TrainingBatch,
  options: TrainStepOptions,
): { readonly state: TrainingState; readonly figures: StepFigures } {
  const { optimizer } = options;
  const { chunk = state.chunk, loss, gradients } = batchGradients(
    state.parameters,
    batch,
    { ...options, ...(state.chunk && { chunk: state.chunk }) },
  );
  if (!Number.isFinite(loss)) {
    tf.dispose({ ...gradients });
    throw new RangeError(
      `Cannot take step ${
        state.optimizer.step + 1
      }: expected a finite loss, got ${loss}; use a lower --learning-rate or --clip 1`,
    );
  }
  const moved = optimizer.step(state.parameters, gradients, state.optimizer);
  const tokens = batch.queries.ids.length + batch.documents.ids.length;
  return {
    state: {
      parameters: moved.parameters,
      optimizer: moved.state,
      ...(chunk && { chunk }),
    },
    figures: { loss, tokens },
  };
}
