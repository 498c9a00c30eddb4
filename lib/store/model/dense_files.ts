import { type HeadLayer, headName } from "../../encoder/head_layers.ts";
import type { FolderFile } from "../atomic_folder.ts";
import type { WeightMap } from "../weights/weight_map.ts";
import { safetensorsChunks } from "../weights/write_safetensors.ts";
import { TORCH_ACTIVATIONS } from "./dense_head.ts";

/** The modules of a head, as a folder lists and holds them. */
export interface DenseModules {
  /** Entries of `modules.json`, after the encoder's. */
  readonly modules: readonly Readonly<Record<string, unknown>>[];
  /** Configuration and weights of each layer. */
  readonly files: readonly FolderFile[];
}

/**
 * Writes a head as PyLate keeps it: a folder `1_Dense`, `2_Dense` and so on a layer;
 * `readDenseHead` reads them back.
 *
 * Source: PyLate 1.6.0, `models/Dense.py`.
 *
 * @param layers The layers in order.
 * @param weights Weights by our names, all of the head's among them.
 * @returns What goes into the folder.
 *
 * @example Usage
 * ```ts
 * import { denseModules } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const weight = { shape: [1, 2], values: Float32Array.of(3, 4) };
 * const { modules, files } = denseModules([{ dim: 1 }], { "head.weight": weight });
 * assertEquals(modules[0]?.path, "1_Dense");
 * assertEquals(files.map(({ name }) => name), ["1_Dense/config.json", "1_Dense/model.safetensors"]);
 * ```
 */
export function denseModules(
  layers: readonly HeadLayer[],
  weights: WeightMap,
): DenseModules {
  return {
    modules: layers.map((_, place) => ({
      idx: place + 1,
      name: `${place + 1}`,
      path: `${place + 1}_Dense`,
      type: "pylate.models.Dense.Dense",
    })),
    files: layers.flatMap((layer, place) => denseFiles(layer, place, weights)),
  };
}

/** Both files of a layer. */
function denseFiles(
  { bias = false, activation = "none", residual = false }: HeadLayer,
  place: number,
  weights: WeightMap,
): FolderFile[] {
  const weight = weights[headName(place, "weight")]!;
  const named = {
    "linear.bias": weights[headName(place, "bias")],
    "linear.weight": weight,
    "residual.weight": weights[headName(place, "residual")],
  };
  const tensors = Object.fromEntries(
    Object.entries(named).filter(([, tensor]) => tensor !== undefined),
  ) as WeightMap;
  const config = {
    in_features: weight.shape[1],
    out_features: weight.shape[0],
    bias,
    activation_function: TORCH_ACTIVATIONS[activation],
    use_residual: residual,
  };
  const folder = `${place + 1}_Dense`;
  return [
    {
      name: `${folder}/config.json`,
      content: JSON.stringify(config, null, 2) + "\n",
    },
    {
      name: `${folder}/model.safetensors`,
      content: safetensorsChunks(tensors, { digest: true }),
    },
  ];
}
