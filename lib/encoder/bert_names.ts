import { ShapeError } from "../num/shape_error.ts";
import type { BertType } from "./bert_config.ts";

/** The tensor by which the prefix of all names is found, whatever the type. */
export const WORD_TABLE = "embeddings.word_embeddings.weight";

/** Our names outside the layers, and theirs. */
const TABLES: Readonly<Record<string, string>> = {
  "embeddings.word": WORD_TABLE,
  "embeddings.position": "embeddings.position_embeddings.weight",
  "embeddings.segment": "embeddings.token_type_embeddings.weight",
};

/** How a type names its layers: our parts, and theirs. */
interface LayerNames {
  /** What stands before a layer's number. */
  readonly layers: string;
  /** Our names of what a layer, or the embedding, consists of, and theirs. */
  readonly parts: Readonly<Record<string, readonly string[]>>;
}

/** The names of BERT and of what was made from it. */
const BERT: LayerNames = {
  layers: "encoder.layer",
  parts: {
    "embeddings.norm": ["embeddings.LayerNorm"],
    "attention.qkv": ["query", "key", "value"].map((part) =>
      `attention.self.${part}`
    ),
    "attention.output": ["attention.output.dense"],
    "attention.norm": ["attention.output.LayerNorm"],
    "feedforward.in": ["intermediate.dense"],
    "feedforward.out": ["output.dense"],
    "feedforward.norm": ["output.LayerNorm"],
  },
};

/** The names of DistilBERT. */
const DISTILBERT: LayerNames = {
  layers: "transformer.layer",
  parts: {
    "embeddings.norm": ["embeddings.LayerNorm"],
    "attention.qkv": ["q", "k", "v"].map((part) => `attention.${part}_lin`),
    "attention.output": ["attention.out_lin"],
    "attention.norm": ["sa_layer_norm"],
    "feedforward.in": ["ffn.lin1"],
    "feedforward.out": ["ffn.lin2"],
    "feedforward.norm": ["output_layer_norm"],
  },
};

/**
 * Says what Hugging Face calls one of our tensors.
 *
 * @param name Our name of a parameter below the head.
 * @param type Whose names.
 * @returns One entry a part that we hold joined (query, key, value), and in it the
 * names in use, without a prefix, the present one first.
 * @throws {ShapeError} If the name is not one of ours.
 *
 * @example Usage
 * ```ts
 * import { bertNames } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(bertNames("layer.3.attention.norm.gain", "bert"), [[
 *   "encoder.layer.3.attention.output.LayerNorm.weight",
 *   "encoder.layer.3.attention.output.LayerNorm.gamma",
 * ]]);
 * assertEquals(bertNames("layer.3.feedforward.in.bias", "distilbert"), [[
 *   "transformer.layer.3.ffn.lin1.bias",
 * ]]);
 * ```
 */
export function bertNames(name: string, type: BertType): string[][] {
  if (Object.hasOwn(TABLES, name)) return [[TABLES[name]!]];
  const { layers, parts } = type === "distilbert" ? DISTILBERT : BERT;
  const [, layer, part = "", field = ""] =
    name.match(/^(?:layer\.(\d+)\.)?(.+)\.(weight|gain|bias)$/) ?? [];
  if (
    !Object.hasOwn(parts, part) ||
    (layer === undefined) !== part.startsWith("embeddings.")
  ) {
    throw new ShapeError(
      "name a BERT weight",
      "a name of the BERT encoder",
      `"${name}"`,
    );
  }
  const prefix = layer === undefined ? "" : `${layers}.${layer}.`;
  const fields = !part.endsWith("norm")
    ? [field]
    : field === "gain"
    ? ["weight", "gamma"]
    : ["bias", "beta"];
  return parts[part]!.map((theirs) =>
    fields.map((last) => `${prefix}${theirs}.${last}`)
  );
}
