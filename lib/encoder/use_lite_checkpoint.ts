import { ShapeError } from "../num/shape_error.ts";
import {
  checkpointReader,
  type CheckpointTensor,
  type CheckpointTensors,
  type ReadCheckpoint,
  transposed,
} from "./checkpoint_tensor.ts";
import type { UseLiteConfig } from "./use_lite_config.ts";
import { useLiteEncoder } from "./use_lite_encoder.ts";

/** Variables of the original graph, and variables that were joined when it was frozen. */
const VARIABLE = "module/Encoder_en/KonaTransformer/Encode";
const FROZEN = "module_apply_default/Encoder_en/KonaTransformer/Encode";

/** The original's table of embeddings: the sign by which its checkpoint is known. */
const TABLE = "module/Embeddings_en";

/** Constants of the graph, and the sentence head, on which no token state depends. */
const OTHER_PARTS =
  /\/(hidden_layers|TimingSignal)\/|\/(mul|Maximum)\/y$|\/Cast\/x$/;

/**
 * Takes the weights of a Universal Sentence Encoder Lite out of a checkpoint: either the
 * tensors of the TensorFlow.js model, or what `writeUseLiteCheckpoint` gave.
 *
 * The original keeps matrices `[in, out]`; they are turned. Its tanh layer, which made
 * one vector of a sentence, is left out.
 *
 * @param tensors The checkpoint.
 * @param config The sizes every tensor must have.
 * @returns The weights by our names, and what was left.
 * @throws {ShapeError} If a tensor is missing or has another shape; it is named.
 *
 * @example Usage
 * ```ts
 * import { readUseLiteCheckpoint, useLiteConfig } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(
 *   () => readUseLiteCheckpoint({}, useLiteConfig({})),
 *   TypeError,
 *   'expected tensor "embeddings.word" [8002, 256], got none',
 * );
 * ```
 */
export function readUseLiteCheckpoint(
  tensors: CheckpointTensors,
  config: UseLiteConfig,
): ReadCheckpoint {
  const original = Object.hasOwn(tensors, TABLE);
  const reader = checkpointReader(tensors, "USE-lite weights");
  const { "head.weight": _, ...shapes } = useLiteEncoder(config).shapes;
  const weights: Record<string, CheckpointTensor> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    weights[name] = original
      ? takeOriginal(name, { shape, take: reader.take })
      : reader.take([name], shape);
  }
  return {
    weights,
    unused: reader.unused().filter((name) => !OTHER_PARTS.test(name)),
  };
}

/**
 * Names the weights for a safetensors file: our own names, without the head.
 *
 * @param weights By our names.
 * @returns The same without `head.weight`; arrays are shared, not copied.
 *
 * @example Usage
 * ```ts
 * import { writeUseLiteCheckpoint } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tensor = { shape: [1], values: Float32Array.of(1) };
 * const written = writeUseLiteCheckpoint({ "embeddings.word": tensor, "head.weight": tensor });
 * assertEquals(Object.keys(written), ["embeddings.word"]);
 * ```
 */
export function writeUseLiteCheckpoint(
  weights: CheckpointTensors,
): Record<string, CheckpointTensor> {
  const { "head.weight": _, ...rest } = weights;
  return rest;
}

/** Takes one of our tensors from the original. */
function takeOriginal(name: string, { shape, take }: {
  readonly shape: readonly number[];
  readonly take: (
    names: readonly string[],
    shape: readonly number[],
  ) => CheckpointTensor;
}): CheckpointTensor {
  if (name === "embeddings.word") return take([TABLE], shape);
  const [, layer = "", part = "", field = ""] =
    name.match(/^layer\.(\d+)\.(.+)\.(weight|gain|bias)$/) ?? [];
  const source = originalName(Number(layer), part, field);
  if (field !== "weight") return take([source], shape);
  const turned = [...shape].reverse();
  return transposed(
    take(
      [source],
      source.endsWith("/kernel/part_0") ? [1, 1, ...turned] : turned,
    ),
  );
}

/** What the original calls a tensor of a layer. */
function originalName(layer: number, part: string, field: string): string {
  const frozen = `${FROZEN}/Layer_${layer}/TransformerLayer`;
  const stack = `${FROZEN}/TransformerStack/Layer_${layer}/TransformerLayer`;
  const attention = `Layer_${layer}/TransformerLayer/MultiheadAttention`;
  const transform = part === "attention.qkv"
    ? "qkv_transform_single"
    : "output_transform_single";
  const joined = "ConcatPartitions/concat";
  switch (part) {
    case "residual":
      return `${frozen}/dense/${
        field === "weight" ? "kernel" : "bias"
      }/${joined}`;
    case "attention.norm":
    case "feedforward.norm": {
      const place = part === "attention.norm" ? frozen : `${frozen}/FFN`;
      const which = field === "gain" ? "layer_norm_scale" : "layer_norm_bias";
      return `${place}/layer_prepostprocess/layer_norm/${which}/${joined}`;
    }
    case "attention.qkv":
    case "attention.output":
      return field === "weight"
        ? `${VARIABLE}/${attention}/${transform}/kernel/part_0`
        : `${FROZEN}/${attention}/${transform}/bias/${joined}`;
    case "feedforward.in":
    case "feedforward.out": {
      const place = part === "feedforward.in" ? "conv1" : "conv2";
      return field === "weight"
        ? `${stack}/FFN/${place}/Tensordot/Reshape_1`
        : `${frozen}/FFN/${place}/bias/${joined}`;
    }
    default:
      throw new ShapeError(
        "read USE-lite weights",
        "a part of a layer",
        `"${part}"`,
      );
  }
}
