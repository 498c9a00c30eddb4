import { ShapeError } from "../num/shape_error.ts";
import type { BertConfig, BertType } from "./bert_config.ts";
import { bertBackbone } from "./bert_encoder.ts";
import { bertNames, WORD_TABLE } from "./bert_names.ts";
import {
  checkpointReader,
  type CheckpointTensor,
  type CheckpointTensors,
  type ReadCheckpoint,
} from "./checkpoint_tensor.ts";

/** Parts of a checkpoint that no token state depends on. */
const OTHER_HEADS =
  /^(cls\.|lm_head\.|vocab_(transform|layer_norm|projector)\.|.*\bpooler\.|.*embeddings\.(position_ids|token_type_ids)$)/;

/**
 * Takes a BERT's weights out of a checkpoint, whoever wrote it.
 *
 * BERT's, DistilBERT's and RoBERTa's names are known, by the configuration's `model_type`.
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
    const parts = bertNames(name, config.model_type ?? "bert");
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
 * Gives a BERT's weights the names of Hugging Face's `BertModel`, or of the model of
 * another type, without a prefix.
 *
 * The head is left out: where it goes depends on the folder's form.
 *
 * @param weights By our names.
 * @param type Whose names. Default `bert`.
 * @returns By their names; query, key and value apart. Arrays are shared, not copied.
 * @throws {ShapeError} If a name is not one of ours; it is named.
 *
 * @example Usage
 * ```ts
 * import { writeBertCheckpoint } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const bias = { shape: [6], values: Float32Array.of(1, 1, 2, 2, 3, 3) };
 * const written = writeBertCheckpoint({ "layer.0.attention.qkv.bias": bias });
 * const { shape, values } = written["encoder.layer.0.attention.self.key.bias"]!;
 * assertEquals([shape, [...values]], [[2], [2, 2]]);
 * ```
 */
export function writeBertCheckpoint(
  weights: CheckpointTensors,
  type: BertType = "bert",
): Record<string, CheckpointTensor> {
  const written: Record<string, CheckpointTensor> = {};
  for (const [name, tensor] of Object.entries(weights)) {
    if (name === "head.weight") continue;
    const parts = bertNames(name, type);
    apart(tensor, parts.length).forEach((piece, i) =>
      written[parts[i]![0]!] = piece
    );
  }
  return written;
}

/** What stands before every name. */
function prefixOf(tensors: CheckpointTensors): string {
  const anchors = Object.keys(tensors).filter((name) =>
    name === WORD_TABLE || name.endsWith(`.${WORD_TABLE}`)
  );
  if (anchors.length === 1) return anchors[0]!.slice(0, -WORD_TABLE.length);
  const names = anchors.length > 0 ? anchors : Object.keys(tensors).slice(0, 3);
  throw new ShapeError(
    "read BERT weights",
    `one tensor "${WORD_TABLE}", with any prefix`,
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
