import { embedding } from "../engine/ops/embedding.ts";
import { linear } from "../engine/ops/linear.ts";
import { type Parameters, type Tensor, tf } from "../engine/tensor.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import { readBertCheckpoint } from "./bert_checkpoint.ts";
import { type BertConfig, bertConfig, type BertType } from "./bert_config.ts";
import { bertEncoder } from "./bert_encoder.ts";
import { checkParameters } from "./check_inputs.ts";
import {
  checkpointReader,
  type CheckpointTensors,
  type ReadCheckpoint,
} from "./checkpoint_tensor.ts";
import type { EncodeOptions } from "./encoder.ts";

/** Reads a query and a document as one text, and gives one score. */
export interface CrossEncoder {
  /** Longest pair, in tokens. */
  readonly maxTokens: number;
  /** Name and shape of every parameter it reads. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /**
   * Scores pairs.
   *
   * @param pairs What `packPairs` gave.
   * @param parameters Weights by name, as `shapes` lists them.
   * @param options Dropout.
   * @returns One logit a pair, `[pairs]`; the caller disposes it.
   */
  score(
    pairs: PackedTokens,
    parameters: Parameters,
    options?: EncodeOptions,
  ): Tensor;
}

/** What stands above the layers of a type: theirs of our names, and between them what. */
interface ScoreHead {
  readonly pooler: string;
  readonly classifier: string;
  readonly activation: "tanh" | "relu";
}

/** The heads of Hugging Face's `ForSequenceClassification`. */
const ROBERTA: ScoreHead = {
  pooler: "classifier.dense",
  classifier: "classifier.out_proj",
  activation: "tanh",
};
const HEADS: Readonly<Record<BertType, ScoreHead>> = {
  "bert": {
    pooler: "bert.pooler.dense",
    classifier: "classifier",
    activation: "tanh",
  },
  "distilbert": {
    pooler: "pre_classifier",
    classifier: "classifier",
    activation: "relu",
  },
  "roberta": ROBERTA,
  "xlm-roberta": ROBERTA,
};

/** Names of the classifier in a checkpoint. */
const CLASSIFIER =
  /(^|\.)(pre_classifier|classifier(\.dense|\.out_proj)?)\.(weight|bias)$/;

/**
 * Makes a cross-encoder: a BERT, DistilBERT or XLM-R whose first token's state becomes a score.
 *
 *     score = c . tanh(P state + p) + b          (DistilBERT: relu for tanh)
 *
 * The score is the logit, without a sigmoid: its scale is the model's own, so only
 * scores of one query compare.
 *
 * Source: Nogueira and Cho 2019; equal to Hugging Face's `BertForSequenceClassification`,
 * `DistilBertForSequenceClassification` and `XLMRobertaForSequenceClassification` with
 * one label, which is what sentence-transformers' cross-encoders are.
 * Differs: no dropout before the classifier.
 *
 * @param config A parsed `config.json`, or what `bertConfig` made of it.
 * @returns The cross-encoder.
 * @throws {RangeError} If the configuration is not one that is offered.
 *
 * @example Usage
 * ```ts
 * import { crossEncoder, packRows, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const teacher = crossEncoder({
 *   vocab_size: 5,
 *   hidden_size: 2,
 *   num_hidden_layers: 1,
 *   num_attention_heads: 1,
 *   intermediate_size: 2,
 * });
 * const parameters = Object.fromEntries(
 *   Object.entries(teacher.shapes).map(([name, shape]) => {
 *     const size = shape.reduce((a, b) => a * b, 1);
 *     return [name, tensorOf(new Float64Array(size).fill(name === "classifier.bias" ? 3 : 0), shape)];
 *   }),
 * );
 * assertEquals([...read(teacher.score(packRows([{ ids: [1, 2] }]), parameters))], [3]);
 * ```
 */
export function crossEncoder(config: unknown): CrossEncoder {
  const sizes = bertConfig(config);
  const encoder = bertEncoder(sizes);
  const { "head.weight": _, ...below } = encoder.shapes;
  const shapes = { ...below, ...headShapes(sizes) };
  return {
    maxTokens: encoder.maxTokens,
    shapes,
    score: (pairs, parameters, options = {}) => {
      checkParameters(parameters, shapes);
      return tf.tidy(() => {
        const { values, offsets } = encoder.tokenStates(
          pairs,
          parameters,
          options,
        );
        const first = embedding(values, offsets.slice(0, -1));
        const [pooler, poolerBias] = [
          parameters["pooler.weight"]!,
          parameters["pooler.bias"]!,
        ];
        const pooled = HEADS[sizes.model_type ?? "bert"].activation === "relu"
          ? linear(first, pooler, { bias: poolerBias, activation: "relu" })
          : tf.tanh(linear(first, pooler, { bias: poolerBias }));
        const bias = parameters["classifier.bias"]!;
        return tf.reshape(
          linear(pooled, parameters["classifier.weight"]!, { bias }),
          [-1],
        );
      });
    },
  };
}

/**
 * Takes a cross-encoder's weights out of a checkpoint, whatever prefix its names have.
 *
 * @param tensors The checkpoint.
 * @param config The sizes every tensor must have.
 * @returns The weights by our names, and what was left.
 * @throws {ShapeError} If a tensor is missing or has another shape, as where there is
 * more than one label; it is named.
 *
 * @example Usage
 * ```ts
 * import { bertConfig, readCrossEncoderCheckpoint } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const config = bertConfig({
 *   vocab_size: 5,
 *   hidden_size: 2,
 *   num_hidden_layers: 1,
 *   num_attention_heads: 1,
 *   intermediate_size: 2,
 * });
 * assertThrows(() => readCrossEncoderCheckpoint({}, config), TypeError, "Cannot read BERT weights");
 * ```
 */
export function readCrossEncoderCheckpoint(
  tensors: CheckpointTensors,
  config: BertConfig,
): ReadCheckpoint {
  const { weights, unused } = readBertCheckpoint(tensors, config);
  const reader = checkpointReader(tensors, "cross-encoder weights");
  for (const [name, shape] of Object.entries(headShapes(config))) {
    const [part, field] = name.split(".") as ["pooler" | "classifier", string];
    const theirs = `${HEADS[config.model_type ?? "bert"][part]}.${field}`;
    weights[name] = reader.take(namesOf(theirs, tensors), shape);
  }
  return { weights, unused: unused.filter((name) => !CLASSIFIER.test(name)) };
}

/** What a tensor may be called: Hugging Face's name, or its end behind another prefix. */
function namesOf(name: string, tensors: CheckpointTensors): string[] {
  const end = `.${name.replace(/^bert\./, "")}`;
  const found = Object.keys(tensors).filter((other) =>
    other !== name && `.${other}`.endsWith(end)
  );
  return [name, ...found];
}

/** Name and shape of the parameters above the layers. */
function headShapes(
  { hidden_size: h }: BertConfig,
): Record<string, readonly number[]> {
  return {
    "pooler.weight": [h, h],
    "pooler.bias": [h],
    "classifier.weight": [1, h],
    "classifier.bias": [1],
  };
}
