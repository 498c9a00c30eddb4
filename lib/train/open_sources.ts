import { readBeir } from "../dataset/beir.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { wordNetDataset } from "../dataset/wordnet.ts";
import { loadModel } from "../store/model/load_model.ts";
import type { Model } from "../store/model/model.ts";

/**
 * Opens a dataset by the name that `--data` takes.
 *
 * @param name `wordnet`, or a BEIR folder.
 * @returns The dataset.
 */
export function openDataset(name: string): Promise<Dataset> {
  return name === "wordnet" ? wordNetDataset() : readBeir(name);
}

/**
 * Opens a model by the name that `--model` takes.
 *
 * @param source `use-lite`, a folder, or a hub id.
 * @param dim Length of a vector; absent for the head's own, or 128.
 * @returns The model.
 */
export function openModel(source: string, dim?: number): Promise<Model> {
  return loadModel(source, dim === undefined ? {} : { dim });
}
