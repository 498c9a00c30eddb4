import { ShapeError } from "../num/shape_error.ts";
import type { BertConfig } from "./bert_config.ts";
import { bertBackbone } from "./bert_encoder.ts";
import {
  checkpointReader,
  type CheckpointTensor,
  type CheckpointTensors,
  type ReadCheckpoint,
} from "./checkpoint_tensor.ts";

/** The tensor by which the prefix of all names is found. */
const ANCHOR = "embeddings.word_embeddings.weight";

/** Parts of a checkpoint that no token state depends on. */
const OTHER_HEADS =
  /^(cls\.|.*\bpooler\.|.*embeddings\.(position_ids|token_type_ids)$)/;

/** Our names outside the layers, and theirs. */
const TABLES: Readonly<Record<string, string>> = {
  "embeddings.word": ANCHOR,
  "embeddings.position": "embeddings.position_embeddings.weight",
  "embeddings.segment": "embeddings.token_type_embeddings.weight",
};

/** Our names of what a layer, or the embedding, consists of, and theirs. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  "embeddings.norm": ["embeddings.LayerNorm"],
  "attention.qkv": ["query", "key", "value"].map((part) =>
    `attention.self.${part}`
  ),
  "attention.output": ["attention.output.dense"],
  "attention.norm": ["attention.output.LayerNorm"],
  "feedforward.in": ["intermediate.dense"],
  "feedforward.out": ["output.dense"],
  "feedforward.norm": ["output.LayerNorm"],
};

/**
 * Takes a BERT's weights out of a checkpoint, whoever wrote it.
 *
 * Any one prefix of the names is fine (`bert.`, `model.`, `0.auto_model.` or none), norms
 * may be called weight and bias or gamma and beta, query, key and value are joined. The
 * pooler, language-model heads and stored positions are left out; `linear.weight`, where
 * it is there (Stanford ColBERT), becomes `head.weight`.
 *
 * @param tensors The checkpoint.
 * @param config The sizes every tensor must have.
 * @returns The weights by our names, and what was left.
 * @throws {ShapeError} If a tensor is missing or has another shape; it is named.
 *
 * @example Usage
 * ```ts
 * import { bertConfig, bertEncoder, readBertCheckpoint, writeBertCheckpoint } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const config = bertConfig({
 *   vocab_size: 5,
 *   hidden_size: 2,
 *   num_hidden_layers: 1,
 *   num_attention_heads: 1,
 *   intermediate_size: 3,
 * });
 * const weights = Object.fromEntries(
 *   Object.entries(bertEncoder(config).shapes).map(([name, shape]) => [
 *     name,
 *     { shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
 *   ]),
 * );
 * delete weights["head.weight"];
 * const again = readBertCheckpoint(writeBertCheckpoint(weights), config);
 * assertEquals(Object.keys(again.weights).sort(), Object.keys(weights).sort());
 * ```
 */
export function readBertCheckpoint(
  tensors: CheckpointTensors,
  config: BertConfig,
): ReadCheckpoint {
  const prefix = prefixOf(tensors);
  const reader = checkpointReader(tensors, "BERT weights");
  const weights: Record<string, CheckpointTensor> = {};
  for (const [name, shape] of Object.entries(bertBackbone(config).shapes)) {
    const parts = theirNames(name);
    const size = [shape[0]! / parts.length, ...shape.slice(1)];
    weights[name] = joined(
      parts.map((names) =>
        reader.take(names.map((theirs) => prefix + theirs), size)
      ),
    );
  }
  if (Object.hasOwn(tensors, "linear.weight")) {
    const dim = tensors["linear.weight"]!.shape[0] ?? 0;
    weights["head.weight"] = reader.take(["linear.weight"], [
      dim,
      config.hidden_size,
    ]);
  }
  return {
    weights,
    unused: reader.unused().filter((name) => !OTHER_HEADS.test(name)),
  };
}

/**
 * Gives a BERT's weights the names of Hugging Face's `BertModel`, without a prefix.
 *
 * The head is left out: where it goes depends on the folder's form.
 *
 * @param weights By our names.
 * @returns By their names; query, key and value apart. Arrays are shared, not copied.
 * @throws {ShapeError} If a name is not one of ours; it is named.
 */
export function writeBertCheckpoint(
  weights: CheckpointTensors,
): Record<string, CheckpointTensor> {
  const written: Record<string, CheckpointTensor> = {};
  for (const [name, tensor] of Object.entries(weights)) {
    if (name === "head.weight") continue;
    const parts = theirNames(name);
    apart(tensor, parts.length).forEach((piece, i) =>
      written[parts[i]![0]!] = piece
    );
  }
  return written;
}

/**
 * What they call one of our tensors: one entry a part that we hold joined, and in it the
 * names in use, the present one first.
 */
function theirNames(name: string): string[][] {
  if (Object.hasOwn(TABLES, name)) return [[TABLES[name]!]];
  const [, layer, part = "", field = ""] =
    name.match(/^(?:layer\.(\d+)\.)?(.+)\.(weight|gain|bias)$/) ?? [];
  if (
    !Object.hasOwn(PARTS, part) ||
    (layer === undefined) !== part.startsWith("embeddings.")
  ) {
    throw new ShapeError(
      "name a BERT weight",
      "a name of the BERT encoder",
      `"${name}"`,
    );
  }
  const prefix = layer === undefined ? "" : `encoder.layer.${layer}.`;
  const fields = !part.endsWith("norm")
    ? [field]
    : field === "gain"
    ? ["weight", "gamma"]
    : ["bias", "beta"];
  return PARTS[part]!.map((theirs) =>
    fields.map((last) => `${prefix}${theirs}.${last}`)
  );
}

/** What stands before every name. */
function prefixOf(tensors: CheckpointTensors): string {
  const anchors = Object.keys(tensors).filter((name) =>
    name === ANCHOR || name.endsWith(`.${ANCHOR}`)
  );
  if (anchors.length === 1) return anchors[0]!.slice(0, -ANCHOR.length);
  const names = anchors.length > 0 ? anchors : Object.keys(tensors).slice(0, 3);
  throw new ShapeError(
    "read BERT weights",
    `one tensor "${ANCHOR}", with any prefix`,
    `${anchors.length} among ${Object.keys(tensors).length} tensors${
      names.length > 0 ? ` such as "${names.join('", "')}"` : ""
    }`,
  );
}

/** Tensors stacked along their first axis; one alone is not copied. */
function joined(parts: readonly CheckpointTensor[]): CheckpointTensor {
  const [first] = parts as [CheckpointTensor];
  if (parts.length === 1) return first;
  const values = new Float32Array(first.values.length * parts.length);
  parts.forEach((part, i) => values.set(part.values, i * first.values.length));
  return {
    shape: [first.shape[0]! * parts.length, ...first.shape.slice(1)],
    values,
  };
}

/** Equal parts along the first axis, as views. */
function apart(
  { shape, values }: CheckpointTensor,
  count: number,
): CheckpointTensor[] {
  const size = values.length / count;
  return Array.from({ length: count }, (_, i) => ({
    shape: [shape[0]! / count, ...shape.slice(1)],
    values: values.subarray(i * size, (i + 1) * size),
  }));
}
