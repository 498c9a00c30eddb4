import type { Dataset } from "../dataset/dataset.ts";
import { poolOf } from "../dataset/dataset.ts";
import { pcaHead } from "../encoder/pca_head.ts";
import { tf } from "../engine/tensor.ts";
import { stream } from "../num/stream.ts";
import type { Model } from "../store/model/model.ts";
import type { WeightMap } from "../store/weight_map.ts";
import { packDocuments } from "../text/document_form.ts";
import { parametersOf } from "./encode_texts.ts";

/** Documents whose token states the head is computed from. */
const SAMPLE = 400;

/**
 * The weights that training starts from: the model's own, with a head made from
 * the principal components of the token states of some training documents where
 * the model has none.
 *
 * Random: stream `head`, to pick the documents.
 *
 * @param model The model.
 * @param dataset Where the documents are.
 * @param options Training split and seed.
 * @returns All weights, head included.
 */
export function startingWeights(
  model: Model,
  dataset: Dataset,
  options: { readonly split: string; readonly seed: number },
): WeightMap {
  if (model.hasHead) return model.parameters;
  const { encoder, tokenizer, documentForm } = model;
  const pool = [...poolOf(dataset, options.split).values()];
  const texts = stream(options.seed, "head").sample(
    pool,
    Math.min(SAMPLE, pool.length),
  );
  const parameters = parametersOf(model.parameters);
  const states = encoder.tokenStates(
    packDocuments(texts, tokenizer, documentForm),
    parameters,
  );
  const head = pcaHead(states.values, encoder.dim);
  tf.dispose([parameters, states.values]);
  return {
    ...model.parameters,
    "head.weight": { shape: [encoder.dim, encoder.hidden], values: head },
  };
}
