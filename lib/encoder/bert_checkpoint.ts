import { ShapeError } from "../num/shape_error.ts";
import type { BertConfig } from "./bert_config.ts";
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
const TABLES = [
  ["embeddings.word", "embeddings.word_embeddings"],
  ["embeddings.position", "embeddings.position_embeddings"],
  ["embeddings.segment", "embeddings.token_type_embeddings"],
] as const;

/** Our names of a layer's linear maps but the joined one, and theirs. */
const DENSE = [
  ["attention.output", "attention.output.dense"],
  ["feedforward.in", "intermediate.dense"],
  ["feedforward.out", "output.dense"],
] as const;

/** Our names of a layer's norms, and theirs. */
const NORMS = [
  ["attention.norm", "attention.output.LayerNorm"],
  ["feedforward.norm", "output.LayerNorm"],
] as const;

/** Names of the three parts that we hold joined, in our order. */
const PARTS = ["query", "key", "value"] as const;

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
  const { hidden_size: h, intermediate_size: inner } = config;
  const take = (name: string, shape: readonly number[]) =>
    reader.take([prefix + name], shape);
  const rows = [
    config.vocab_size,
    config.max_position_embeddings,
    config.type_vocab_size,
  ];
  const weights: Record<string, CheckpointTensor> = {};
  const norm = (ours: string, theirs: string) => {
    weights[`${ours}.gain`] = reader.take([
      `${prefix}${theirs}.weight`,
      `${prefix}${theirs}.gamma`,
    ], [h]);
    weights[`${ours}.bias`] = reader.take([
      `${prefix}${theirs}.bias`,
      `${prefix}${theirs}.beta`,
    ], [h]);
  };
  TABLES.forEach(([ours, theirs], i) =>
    weights[ours] = take(`${theirs}.weight`, [rows[i]!, h])
  );
  norm("embeddings.norm", "embeddings.LayerNorm");
  for (let n = 0; n < config.num_hidden_layers; n++) {
    const [ours, theirs] = [`layer.${n}`, `encoder.layer.${n}`];
    const self = (part: string) => `${theirs}.attention.self.${part}`;
    weights[`${ours}.attention.qkv.weight`] = joined(
      PARTS.map((part) => take(`${self(part)}.weight`, [h, h])),
    );
    weights[`${ours}.attention.qkv.bias`] = joined(
      PARTS.map((part) => take(`${self(part)}.bias`, [h])),
    );
    DENSE.forEach(([name, source], i) => {
      const shape = [[h, h], [inner, h], [h, inner]][i]!;
      weights[`${ours}.${name}.weight`] = take(
        `${theirs}.${source}.weight`,
        shape,
      );
      weights[`${ours}.${name}.bias`] = take(
        `${theirs}.${source}.bias`,
        shape.slice(0, 1),
      );
    });
    for (const [name, source] of NORMS) {
      norm(`${ours}.${name}`, `${theirs}.${source}`);
    }
  }
  readHead(tensors, { h, take: reader.take, weights });
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
    if (name !== "head.weight") {
      Object.assign(written, theirNames(name, tensor));
    }
  }
  return written;
}

/** One of our tensors under their name, or under three names. */
function theirNames(
  name: string,
  tensor: CheckpointTensor,
): Record<string, CheckpointTensor> {
  const table = TABLES.find(([ours]) => ours === name);
  if (table) return { [`${table[1]}.weight`]: tensor };
  const [, layer, part = "", field = ""] =
    name.match(/^(?:layer\.(\d+)\.)?(.+)\.(weight|gain|bias)$/) ?? [];
  const last = field === "gain" ? "weight" : field;
  if (name === `embeddings.norm.${field}`) {
    return { [`embeddings.LayerNorm.${last}`]: tensor };
  }
  const prefix = `encoder.layer.${layer}`;
  const map = [...DENSE, ...NORMS].find(([ours]) => ours === part);
  if (layer !== undefined && map) {
    return { [`${prefix}.${map[1]}.${last}`]: tensor };
  }
  if (layer !== undefined && part === "attention.qkv") {
    return Object.fromEntries(
      apart(tensor).map((
        piece,
        i,
      ) => [`${prefix}.attention.self.${PARTS[i]}.${last}`, piece]),
    );
  }
  throw new ShapeError(
    "write BERT weights",
    "a name of the BERT encoder",
    `"${name}"`,
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

/** Takes the head that Stanford's form keeps beside the layers. */
function readHead(tensors: CheckpointTensors, { h, take, weights }: {
  readonly h: number;
  readonly take: (
    names: readonly string[],
    shape: readonly number[],
  ) => CheckpointTensor;
  readonly weights: Record<string, CheckpointTensor>;
}): void {
  if (!Object.hasOwn(tensors, "linear.weight")) return;
  const dim = tensors["linear.weight"]!.shape[0] ?? 0;
  weights["head.weight"] = take(["linear.weight"], [dim, h]);
}

/** Tensors stacked along their first axis. */
function joined(parts: readonly CheckpointTensor[]): CheckpointTensor {
  const [first] = parts as [CheckpointTensor];
  const values = new Float32Array(first.values.length * parts.length);
  parts.forEach((part, i) => values.set(part.values, i * first.values.length));
  return {
    shape: [first.shape[0]! * parts.length, ...first.shape.slice(1)],
    values,
  };
}

/** Three equal parts along the first axis. */
function apart({ shape, values }: CheckpointTensor): CheckpointTensor[] {
  const size = values.length / 3;
  return PARTS.map((_, i) => ({
    shape: [shape[0]! / 3, ...shape.slice(1)],
    values: values.subarray(i * size, (i + 1) * size),
  }));
}
