import { ShapeError } from "../../num/shape_error.ts";
import type { WriteOptions } from "../atomic_file.ts";
import { type FolderFile, writeFolderAtomically } from "../atomic_folder.ts";
import type { WeightMap } from "../weights/weight_map.ts";
import { safetensorsChunks } from "../weights/write_safetensors.ts";
import { writePyLateForms } from "./forms.ts";
import { denseModules } from "./dense_files.ts";
import { ENCODER_FAMILIES } from "./encoder_family.ts";
import { checkFinite } from "./weight_file.ts";
import type { Model } from "./model.ts";

/** The parts of a model that saving needs beside its weights. */
export type SavableModel = Pick<
  Model,
  | "family"
  | "encoder"
  | "queryForm"
  | "documentForm"
  | "config"
  | "files"
>;

/**
 * Saves a model to a folder that PyLate 1.6 and, with PyLate installed,
 * sentence-transformers open; a USE-lite takes the same layout with our own
 * names, which only this laboratory reads.
 *
 * `loadModel` gives back the same bits and the same forms. The folder is written
 * whole or not at all, and the weight files carry the SHA-256 of their data.
 *
 * @param folder The folder; what is there is replaced.
 * @param model Configuration, tokenizer files and forms.
 * @param weights Weights by our names, `head.weight` among them.
 * @param options Where to write.
 * @throws {ShapeError} If a weight is missing or has another shape.
 * @throws {RangeError} If a weight is not finite.
 * @throws {DiskFullError} If the disk is full; the old folder is untouched.
 *
 * @example Usage
 * ```ts
 * import { loadModel, saveModel } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const model = await loadModel("use-lite", { dim: 2 });
 * const head = { shape: [2, 512], values: new Float32Array(1024).fill(0.5) };
 * const parent = await Deno.makeTempDir();
 * await saveModel(`${parent}/model`, model, { ...model.parameters, "head.weight": head });
 * const again = await loadModel(`${parent}/model`);
 * assertEquals(again.parameters["head.weight"], head);
 * await Deno.remove(parent, { recursive: true });
 * ```
 */
export async function saveModel(
  folder: string,
  model: SavableModel,
  weights: WeightMap,
  options: WriteOptions = {},
): Promise<void> {
  checkWeights(folder, model, weights);
  checkFinite(weights, `save a model as ${folder}`);
  await writeFolderAtomically(folder, modelFiles(model, weights), options);
}

/** Every file of the folder. */
function modelFiles(model: SavableModel, weights: WeightMap): FolderFile[] {
  const { family, encoder, config, files } = model;
  const { architecture, write } = ENCODER_FAMILIES[family];
  const below = Object.fromEntries(
    Object.entries(weights).filter(([name]) => !name.startsWith("head.")),
  );
  const head = denseModules(encoder.head ?? [{ dim: encoder.dim }], weights);
  return [
    ...Object.entries(files).map(([name, content]) => ({ name, content })),
    jsonFile("config.json", {
      ...config,
      ...(architecture && { architectures: [architecture] }),
    }),
    jsonFile("modules.json", [encoderModule(architecture), ...head.modules]),
    jsonFile("sentence_bert_config.json", {
      max_seq_length: encoder.maxTokens,
      do_lower_case: false,
    }),
    jsonFile("config_sentence_transformers.json", {
      model_type: "ColBERT",
      prompts: {},
      default_prompt_name: null,
      similarity_fn_name: "MaxSim",
      ...writePyLateForms(model),
    }),
    ...head.files,
    weightFile("model.safetensors", write(below)),
  ];
}

/** The encoder in the list of modules that PyLate reads. */
function encoderModule(architecture: string | undefined): unknown {
  const type = architecture
    ? "sentence_transformers.models.Transformer"
    : "maxsim_lab.UseLite";
  return { idx: 0, name: "0", path: "", type };
}

/** A JSON file as people read it. */
function jsonFile(name: string, value: unknown): FolderFile {
  return { name, content: JSON.stringify(value, null, 2) + "\n" };
}

/** A weight file with the digest of its data. */
function weightFile(name: string, weights: WeightMap): FolderFile {
  return { name, content: safetensorsChunks(weights, { digest: true }) };
}

/** Refuses weights that the encoder would not take. */
function checkWeights(
  folder: string,
  { encoder }: SavableModel,
  weights: WeightMap,
): void {
  for (const [name, shape] of Object.entries(encoder.shapes)) {
    const got = weights[name]?.shape;
    if (`${got}` !== `${shape}`) {
      throw new ShapeError(
        `save ${folder}`,
        `tensor "${name}" [${shape.join(", ")}]`,
        got === undefined ? "none" : `[${got.join(", ")}]`,
      );
    }
  }
}
