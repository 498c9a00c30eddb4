import { ShapeError } from "../num/shape_error.ts";
import {
  checkpointReader,
  type CheckpointTensor,
  type CheckpointTensors,
  type ReadCheckpoint,
} from "./checkpoint_tensor.ts";
import type { ModernBertConfig } from "./modern_bert_config.ts";
import { modernBertBackbone } from "./modern_bert_encoder.ts";

/** The tensor by which the prefix of all names is found. */
const WORD_TABLE = "embeddings.tok_embeddings.weight";

/** Parts of a checkpoint that no token state depends on. */
const OTHER_HEADS =
  /(^|\.)(head\.(dense|norm)|decoder|classifier)\.(weight|bias)$/;

/** Our names of parts, and theirs; `in` and `gate` are the halves of one. */
const PARTS: Readonly<Record<string, string>> = {
  "embeddings.norm": "embeddings.norm",
  "final.norm": "final_norm",
  "attention.norm": "attn_norm",
  "attention.qkv": "attn.Wqkv",
  "attention.output": "attn.Wo",
  "feedforward.norm": "mlp_norm",
  "feedforward.in": "mlp.Wi",
  "feedforward.gate": "mlp.Wi",
  "feedforward.out": "mlp.Wo",
};

/**
 * Takes a ModernBERT's weights out of a checkpoint.
 *
 * Any one prefix of the names is fine (`model.` or none). The joined matrix of the
 * feed-forward part is cut into what goes through the activation and the gate. The
 * language-model head and classifiers are left out.
 *
 * @param tensors The checkpoint.
 * @param config The sizes every tensor must have.
 * @returns The weights by our names, and what was left.
 * @throws {ShapeError} If a tensor is missing or has another shape; it is named.
 *
 * @example Usage
 * ```ts
 * import {
 *   modernBertConfig,
 *   modernBertEncoder,
 *   readModernBertCheckpoint,
 *   writeModernBertCheckpoint,
 * } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const config = modernBertConfig({
 *   vocab_size: 5,
 *   hidden_size: 2,
 *   num_hidden_layers: 1,
 *   num_attention_heads: 1,
 *   intermediate_size: 3,
 * });
 * const weights = Object.fromEntries(
 *   Object.entries(modernBertEncoder(config).shapes).map(([name, shape]) => [
 *     name,
 *     { shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
 *   ]),
 * );
 * delete weights["head.weight"];
 * const again = readModernBertCheckpoint(writeModernBertCheckpoint(weights), config);
 * assertEquals(Object.keys(again.weights).sort(), Object.keys(weights).sort());
 * ```
 */
export function readModernBertCheckpoint(
  tensors: CheckpointTensors,
  config: ModernBertConfig,
): ReadCheckpoint {
  const prefix = prefixOf(tensors);
  const reader = checkpointReader(tensors, "ModernBERT weights");
  const weights: Record<string, CheckpointTensor> = {};
  const { shapes } = modernBertBackbone(config);
  for (const [name, shape] of Object.entries(shapes)) {
    const theirs = prefix + theirName(name);
    const half = halfOf(name);
    weights[name] = half === undefined
      ? reader.take([theirs], shape)
      : cut(reader.take([theirs], [2 * shape[0]!, ...shape.slice(1)]), half);
  }
  return {
    weights,
    unused: reader.unused().filter((name) => !OTHER_HEADS.test(name)),
  };
}

/**
 * Gives a ModernBERT's weights the names of transformers' `ModernBertModel`, without a
 * prefix.
 *
 * @param weights By our names, below the head; `in` stands before its `gate`.
 * @returns By their names.
 * @throws {ShapeError} If a name is not one of ours; it is named.
 *
 * @example Usage
 * ```ts
 * import { writeModernBertCheckpoint } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const half = (value: number) => ({ shape: [1, 2], values: Float32Array.of(value, value) });
 * const written = writeModernBertCheckpoint({
 *   "layer.0.feedforward.in.weight": half(1),
 *   "layer.0.feedforward.gate.weight": half(2),
 * });
 * const { shape, values } = written["layers.0.mlp.Wi.weight"]!;
 * assertEquals([shape, [...values]], [[2, 2], [1, 1, 2, 2]]);
 * ```
 */
export function writeModernBertCheckpoint(
  weights: CheckpointTensors,
): Record<string, CheckpointTensor> {
  const written: Record<string, CheckpointTensor> = {};
  for (const [name, tensor] of Object.entries(weights)) {
    if (name === "head.weight" || halfOf(name) === 1) continue;
    const gate = weights[name.replace("feedforward.in", "feedforward.gate")];
    written[theirName(name)] = halfOf(name) === 0
      ? stacked(tensor, gate!)
      : tensor;
  }
  return written;
}

/** What they call one of our tensors. */
function theirName(name: string): string {
  if (name === "embeddings.word") return WORD_TABLE;
  const [, layer, part = "", field] =
    name.match(/^(?:layer\.(\d+)\.)?(.+)\.(weight|gain|bias)$/) ?? [];
  if (!Object.hasOwn(PARTS, part)) {
    throw new ShapeError(
      "name a ModernBERT weight",
      "a name of the ModernBERT encoder",
      `"${name}"`,
    );
  }
  const prefix = layer === undefined ? "" : `layers.${layer}.`;
  return `${prefix}${PARTS[part]}.${field === "gain" ? "weight" : field}`;
}

/** Which half of their tensor one of ours is, if it is half of one. */
function halfOf(name: string): 0 | 1 | undefined {
  if (name.includes(".feedforward.in.")) return 0;
  return name.includes(".feedforward.gate.") ? 1 : undefined;
}

/** What stands before every name. */
function prefixOf(tensors: CheckpointTensors): string {
  const found = Object.keys(tensors).filter((name) =>
    name === WORD_TABLE || name.endsWith(`.${WORD_TABLE}`)
  );
  if (found.length === 1) return found[0]!.slice(0, -WORD_TABLE.length);
  const names = found.length > 0 ? found : Object.keys(tensors).slice(0, 3);
  throw new ShapeError(
    "read ModernBERT weights",
    `one tensor "${WORD_TABLE}", with any prefix`,
    `${found.length} among ${Object.keys(tensors).length} tensors${
      names.length > 0 ? ` such as "${names.join('", "')}"` : ""
    }`,
  );
}

/** The first or second half along the first axis, a copy. */
function cut({ shape, values }: CheckpointTensor, half: 0 | 1) {
  const size = values.length / 2;
  return {
    shape: [shape[0]! / 2, ...shape.slice(1)],
    values: values.slice(half * size, (half + 1) * size),
  };
}

/** Two tensors of one shape, one above the other. */
function stacked(first: CheckpointTensor, second: CheckpointTensor) {
  const values = new Float32Array(2 * first.values.length);
  values.set(first.values);
  values.set(second.values, first.values.length);
  return { shape: [2 * first.shape[0]!, ...first.shape.slice(1)], values };
}
