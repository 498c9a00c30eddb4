import { linear } from "../engine/ops/linear.ts";
import {
  type Parameters,
  type Tensor,
  tensorOf,
  tf,
} from "../engine/tensor.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import { readBertCheckpoint } from "./bert_checkpoint.ts";
import { bertConfig } from "./bert_config.ts";
import { bertBackbone } from "./bert_encoder.ts";
import { checkParameters } from "./check_inputs.ts";
import {
  checkpointReader,
  type CheckpointTensors,
  type ReadCheckpoint,
} from "./checkpoint_tensor.ts";
import type { EncodeOptions } from "./encoder.ts";
import { encoderOf } from "./encoder_of.ts";
import { readModernBertCheckpoint } from "./modern_bert_checkpoint.ts";
import { modernBertConfig } from "./modern_bert_config.ts";
import { modernBertBackbone } from "./modern_bert_encoder.ts";
import { configObject } from "./read_config.ts";
import { type CrossEncoderConfig, scoreHead } from "./score_head.ts";

/** What is done to a cross-encoder's logit where a score is wanted. */
export type ScoreActivation = "identity" | "sigmoid";

/** Settings of a cross-encoder. */
export interface CrossEncoderOptions {
  /**
   * Rows of the classifier. With 2 the score is the logit of label 1 minus that of
   * label 0, whose sigmoid is label 1's softmax. Default 1.
   */
  readonly labels?: 1 | 2;
  /** What `predict` does to a score. Default `identity`. */
  readonly activation?: ScoreActivation;
}

/** Reads a query and a document, or two, as one text, and gives one score. */
export interface CrossEncoder {
  /** Longest pair, in tokens. */
  readonly maxTokens: number;
  /** Name and shape of every parameter it reads. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /**
   * Scores pairs.
   *
   * @param pairs What `packPairs` or `packTriples` gave.
   * @param parameters Weights by name, as `shapes` lists them.
   * @param options Dropout.
   * @returns One logit a pair, `[pairs]`; the caller disposes it.
   */
  score(
    pairs: PackedTokens,
    parameters: Parameters,
    options?: EncodeOptions,
  ): Tensor;
  /**
   * Scores pairs and applies the activation, as sentence-transformers' `predict` does.
   *
   * @param pairs What `packPairs` or `packTriples` gave.
   * @param parameters Weights by name, as `shapes` lists them.
   * @param options Dropout.
   * @returns One score a pair, `[pairs]`; the caller disposes it.
   */
  predict(
    pairs: PackedTokens,
    parameters: Parameters,
    options?: EncodeOptions,
  ): Tensor;
}

/** Names of the classifier in a checkpoint. */
const CLASSIFIER =
  /(^|\.)(pre_classifier|classifier(\.dense|\.out_proj)?)\.(weight|bias)$/;

/**
 * Makes a cross-encoder: a BERT, DistilBERT, RoBERTa, XLM-R or ModernBERT, one state of
 * whose text becomes a score.
 *
 *     score = c . tanh(P state + p) + b          (DistilBERT: relu for tanh)
 *     score = c . LN(gelu(P state)) + b          (ModernBERT; state may be a mean)
 *
 * The score is the logit: its scale is the model's own, so only scores of one query
 * compare. What the model's library gives may be its sigmoid: `predict`.
 *
 * Source: Nogueira and Cho 2019; Nogueira et al. 2019 (duoBERT, of two labels); equal to
 * Hugging Face's `BertForSequenceClassification`, `DistilBertForSequenceClassification`,
 * `RobertaForSequenceClassification`, `XLMRobertaForSequenceClassification` and
 * `ModernBertForSequenceClassification` with one label, which is what
 * sentence-transformers' cross-encoders are.
 * Differs: no dropout before the classifier.
 *
 * @param config A parsed `config.json`, or what `bertConfig` or `modernBertConfig` made
 * of it.
 * @param options Labels, and what `predict` does.
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
export function crossEncoder(
  config: unknown,
  { labels = 1, activation = "identity" }: CrossEncoderOptions = {},
): CrossEncoder {
  const sizes = sizesOf(config);
  const backbone = sizes.model_type === "modernbert"
    ? modernBertBackbone(sizes)
    : bertBackbone(sizes);
  const { tokenStates } = encoderOf(backbone);
  const head = scoreHead(sizes, labels);
  const shapes = { ...backbone.shapes, ...head.shapes };
  const score: CrossEncoder["score"] = (pairs, parameters, options = {}) => {
    checkParameters(parameters, shapes);
    return tf.tidy(() => {
      const { values } = tokenStates(pairs, parameters, options);
      const logits = head.logits(values, pairs, parameters);
      const scores = labels === 1
        ? logits
        : linear(logits, tensorOf([-1, 1], [1, 2]));
      return tf.reshape(scores, [-1]);
    });
  };
  return {
    maxTokens: backbone.maxTokens,
    shapes,
    score,
    predict: (...inputs) =>
      tf.tidy(() => {
        const scores = score(...inputs);
        return activation === "sigmoid" ? tf.sigmoid(scores) : scores;
      }),
  };
}

/** The fields that matter of any configuration that is offered. */
function sizesOf(config: unknown): CrossEncoderConfig {
  return configObject(config).model_type === "modernbert"
    ? modernBertConfig(config)
    : bertConfig(config);
}

/**
 * Takes a cross-encoder's weights out of a checkpoint, whatever prefix its names have.
 *
 * @param tensors The checkpoint.
 * @param config The sizes every tensor must have, as in {@linkcode crossEncoder}.
 * @param options Labels.
 * @returns The weights by our names, and what was left.
 * @throws {ShapeError} If a tensor is missing or has another shape, as where there are
 * other labels; it is named.
 * @throws {RangeError} If the configuration is not one that is offered.
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
  config: unknown,
  { labels = 1 }: Pick<CrossEncoderOptions, "labels"> = {},
): ReadCheckpoint {
  const sizes = sizesOf(config);
  const { weights, unused } = sizes.model_type === "modernbert"
    ? readModernBertCheckpoint(tensors, sizes)
    : readBertCheckpoint(tensors, sizes);
  const reader = checkpointReader(tensors, "cross-encoder weights");
  const { names, shapes } = scoreHead(sizes, labels);
  for (const [name, theirs] of Object.entries(names)) {
    weights[name] = reader.take(namesOf(theirs, tensors), shapes[name]!);
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
