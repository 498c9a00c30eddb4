import { embedding } from "../engine/ops/embedding.ts";
import { layerNorm } from "../engine/ops/layer_norm.ts";
import { type Activation, linear } from "../engine/ops/linear.ts";
import { meanOfRows } from "../engine/ops/mean_of_rows.ts";
import {
  type Parameters,
  type Tensor,
  tensorOf,
  tf,
} from "../engine/tensor.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import type { BertConfig, BertType } from "./bert_config.ts";
import type { ModernBertConfig } from "./modern_bert_config.ts";

/** The fields of any `config.json` that a cross-encoder is made of. */
export type CrossEncoderConfig = BertConfig | ModernBertConfig;

/** What stands above the layers of a cross-encoder. */
export interface ScoreHead {
  /** Name and shape of its parameters. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** What Hugging Face calls each of them. */
  readonly names: Readonly<Record<string, string>>;
  /**
   * Scores texts by their token states.
   *
   * @param states `[tokens, hidden]`.
   * @param tokens The texts.
   * @param parameters Weights by name.
   * @returns `[texts, labels]`.
   */
  logits(states: Tensor, tokens: PackedTokens, parameters: Parameters): Tensor;
}

/** A layer below the classifier, and the classifier, as checkpoints call them. */
const ROBERTA = ["classifier.dense", "classifier.out_proj"] as const;
const LAYERS: Readonly<Record<BertType, readonly [string, string]>> = {
  "bert": ["bert.pooler.dense", "classifier"],
  "distilbert": ["pre_classifier", "classifier"],
  "roberta": ROBERTA,
  "xlm-roberta": ROBERTA,
};

/**
 * Makes the head of Hugging Face's `ForSequenceClassification`.
 *
 *     BERT, RoBERTa, XLM-R:  C tanh(P x + p) + c         x = the first token's state
 *     DistilBERT:            C relu(P x + p) + c
 *     ModernBERT:            C LN(gelu(P x)) + c         x = that, or the mean of states
 *
 * The mean is over the tokens that may be keys, which is what transformers' attention
 * mask holds.
 *
 * @param config What `bertConfig` or `modernBertConfig` gave.
 * @param labels Rows of the classifier.
 * @returns The head.
 *
 * @example Usage
 * ```ts
 * import { bertConfig, packRows, read, scoreHead, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const sizes = { vocab_size: 9, hidden_size: 1, num_hidden_layers: 1, intermediate_size: 1 };
 * const { logits } = scoreHead(bertConfig({ ...sizes, num_attention_heads: 1 }), 1);
 * const scores = logits(tensorOf([0.5, 7], [2, 1]), packRows([{ ids: [2, 3] }]), {
 *   "pooler.weight": tensorOf([2], [1, 1]),
 *   "pooler.bias": tensorOf([0], [1]),
 *   "classifier.weight": tensorOf([3], [1, 1]),
 *   "classifier.bias": tensorOf([-1], [1]),
 * });
 * assertAlmostEquals(read(scores)[0]!, 3 * Math.tanh(2 * 0.5) - 1, 1e-12);
 * ```
 */
export function scoreHead(
  config: CrossEncoderConfig,
  labels: number,
): ScoreHead {
  return config.model_type === "modernbert"
    ? modernHead(config, labels)
    : bertHead(config, labels);
}

/** A linear layer of that name. */
function dense(
  x: Tensor,
  parameters: Parameters,
  { name, activation }: {
    readonly name: "pooler" | "classifier";
    readonly activation?: Activation;
  },
): Tensor {
  const bias = parameters[`${name}.bias`];
  return linear(x, parameters[`${name}.weight`]!, { bias, activation });
}

/** The state of every text's first token. */
function firstStates(states: Tensor, { offsets }: PackedTokens): Tensor {
  return embedding(states, offsets.slice(0, -1));
}

/** The head of a BERT or of what was made from it. */
function bertHead(
  { model_type: type = "bert", hidden_size: h }: BertConfig,
  labels: number,
): ScoreHead {
  const [pooler, classifier] = LAYERS[type];
  return {
    shapes: {
      "pooler.weight": [h, h],
      "pooler.bias": [h],
      "classifier.weight": [labels, h],
      "classifier.bias": [labels],
    },
    names: {
      "pooler.weight": `${pooler}.weight`,
      "pooler.bias": `${pooler}.bias`,
      "classifier.weight": `${classifier}.weight`,
      "classifier.bias": `${classifier}.bias`,
    },
    logits: (states, tokens, parameters) => {
      const first = firstStates(states, tokens);
      const pooled = type === "distilbert"
        ? dense(first, parameters, { name: "pooler", activation: "relu" })
        : tf.tanh(dense(first, parameters, { name: "pooler" }));
      return dense(pooled, parameters, { name: "classifier" });
    },
  };
}

/** The head of a ModernBERT. */
function modernHead(config: ModernBertConfig, labels: number): ScoreHead {
  const { hidden_size: h } = config;
  const names = {
    "pooler.weight": "head.dense.weight",
    ...(config.classifier_bias && { "pooler.bias": "head.dense.bias" }),
    "pooler.norm.gain": "head.norm.weight",
    ...(config.norm_bias && { "pooler.norm.bias": "head.norm.bias" }),
    "classifier.weight": "classifier.weight",
    "classifier.bias": "classifier.bias",
  };
  const shapeOf = (name: string) => {
    if (name.startsWith("classifier")) {
      return name.endsWith("bias") ? [labels] : [labels, h];
    }
    return name === "pooler.weight" ? [h, h] : [h];
  };
  return {
    names,
    shapes: Object.fromEntries(
      Object.keys(names).map((name) => [name, shapeOf(name)]),
    ),
    logits: (states, tokens, parameters) => {
      const x = config.classifier_pooling === "mean"
        ? meanOfRows(states, attendedRows(tokens))
        : firstStates(states, tokens);
      const y = dense(x, parameters, {
        name: "pooler",
        activation: config.classifier_activation,
      });
      const bias = parameters["pooler.norm.bias"] ??
        tensorOf(new Float32Array(h), [h]);
      const gain = parameters["pooler.norm.gain"]!;
      const pooled = layerNorm(y, gain, bias, { epsilon: config.norm_eps });
      return dense(pooled, parameters, { name: "classifier" });
    },
  };
}

/** The rows of each text's tokens that may be keys; attention has refused a text of none. */
function attendedRows({ offsets, attend }: PackedTokens): number[][] {
  return Array.from({ length: offsets.length - 1 }, (_, text) => {
    const [start, end] = [offsets[text]!, offsets[text + 1]!];
    return Array.from({ length: end - start }, (_, i) => start + i)
      .filter((row) => attend[row] === 1);
  });
}
