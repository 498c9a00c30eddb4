import { read, type Tensor, tf, valueAndGradients } from "../engine/tensor.ts";
import type { Parameters } from "../engine/tensor.ts";
import type { Dropout, Encoder, TokenVectors } from "../encoder/encoder.ts";
import type { Optimizer, OptimizerState } from "../optim/optimizer.ts";
import { packTexts } from "../text/pack_texts.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";

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
}

/** What a step reports. */
export interface StepFigures {
  /** The batch's loss before the step, nats. */
  readonly loss: number;
  /** Tokens encoded. */
  readonly tokens: number;
}

/**
 * Takes one training step: encodes the batch's texts in one go, differentiates
 * the loss, and lets the optimiser move the parameters.
 *
 * The state given is dead afterwards. A loss that is not a finite number throws
 * before the parameters move.
 *
 * @param state Parameters and optimiser state; consumed.
 * @param batch The texts and targets.
 * @param options The model, the loss, the rule, and dropout if any.
 * @returns The new state and the step's figures.
 * @throws {RangeError} If the loss is NaN or infinite.
 */
export function trainStep(
  state: TrainingState,
  batch: TrainingBatch,
  options: {
    readonly encoder: Encoder;
    readonly loss: BatchLoss;
    readonly optimizer: Optimizer;
    readonly dropout?: Omit<Dropout, "texts">;
  },
): { readonly state: TrainingState; readonly figures: StepFigures } {
  const { encoder, loss, optimizer, dropout } = options;
  const texts = packTexts([batch.queries, batch.documents]);
  const count = batch.queries.offsets.length - 1;
  const numbers = Int32Array.from(
    { length: texts.offsets.length - 1 },
    (_, i) => i,
  );
  const { value, gradients } = valueAndGradients((parameters) => {
    const vectors = encoder.encode(texts, parameters, {
      ...(dropout && dropout.rate > 0 &&
        { dropout: { ...dropout, texts: numbers } }),
    });
    return loss(...splitAt(vectors, count), batch);
  }, state.parameters);
  const figures = { loss: read(value)[0]!, tokens: texts.ids.length };
  value.dispose();
  if (!Number.isFinite(figures.loss)) {
    tf.dispose(gradients);
    throw new RangeError(
      `Cannot take step ${
        state.optimizer.step + 1
      }: expected a finite loss, got ${figures.loss}; use a lower --learning-rate or --clip 1`,
    );
  }
  const moved = optimizer.step(state.parameters, gradients, state.optimizer);
  return {
    state: { parameters: moved.parameters, optimizer: moved.state },
    figures,
  };
}

/** Parts token vectors into those of the first texts and those of the rest. */
function splitAt(
  vectors: TokenVectors,
  texts: number,
): [TokenVectors, TokenVectors] {
  const { values, offsets, keep } = vectors;
  const cut = offsets[texts]!;
  const [tokens, dim] = values.shape as [number, number];
  return [
    {
      values: tf.slice(values, [0, 0], [cut, dim]),
      offsets: offsets.slice(0, texts + 1),
      keep: keep.subarray(0, cut),
    },
    {
      values: tf.slice(values, [cut, 0], [tokens - cut, dim]),
      offsets: offsets.slice(texts).map((offset) => offset - cut),
      keep: keep.subarray(cut),
    },
  ];
}
