import type { Dataset } from "../dataset/dataset.ts";
import { poolOf } from "../dataset/dataset.ts";
import { pcaHead } from "../encoder/pca_head.ts";
import { read, tf } from "../engine/tensor.ts";
import { stream } from "../num/stream.ts";
import type { Model } from "../store/model/model.ts";
import type { Weight, WeightMap } from "../store/weights/weight_map.ts";
import { packDocuments } from "../text/document_form.ts";
import { parametersOf } from "../search/retriever.ts";

/** Documents whose token states the head is computed from. */
const SAMPLE = 400;

/** Token states for each dimension below which components would be noise. */
const STATES_PER_DIMENSION = 4;

/**
 * The weights that training starts from: the model's own, with a head made from
 * the principal components of the token states of some training documents where
 * the model has none.
 *
 * Components need more states than dimensions and fewer dimensions than a state
 * has; where that is not so, the head is drawn at random, as PyLate draws it.
 *
 * Random: stream `head`, to pick the documents or to draw the head.
 *
 * @param model The model.
 * @param dataset Where the documents are.
 * @param options Training split and seed.
 * @returns All weights, head included.
 *
 * @example Usage
 * ```ts
 * import { loadModel, startingWeights, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("auto");
 * const model = await loadModel("use-lite", { dim: 2 });
 * const documents = new Map([["a", "cat"], ["b", "dog"]]);
 * const dataset = { name: "pets", queries: new Map(), documents, qrels: {} };
 * const weights = startingWeights(model, dataset, { split: "train", seed: 1 });
 * assertEquals(weights["head.weight"]?.shape, [2, 512]);
 * ```
 */
export function startingWeights(
  model: Model,
  dataset: Dataset,
  options: { readonly split: string; readonly seed: number },
): WeightMap {
  if (model.hasHead) return model.parameters;
  const { dim, hidden } = model.encoder;
  const states = sampleStates(model, dataset, options);
  const enough = dim < hidden &&
    states.length / hidden >= STATES_PER_DIMENSION * dim;
  const head = enough
    ? pcaHead(states, { hidden, dim })
    : randomHead({ hidden, dim }, options.seed);
  return { ...model.parameters, "head.weight": head };
}

/** Token states of some documents of the training side, `[tokens, hidden]`. */
function sampleStates(
  { encoder, parameters, tokenizer, documentForm }: Model,
  dataset: Dataset,
  { split, seed }: { readonly split: string; readonly seed: number },
): Float32Array | Float64Array {
  const pool = [...poolOf(dataset, split)];
  const count = Math.min(SAMPLE, pool.length);
  const drawn = stream(seed, "head").sample(pool, count);
  const tensors = parametersOf(parameters);
  const texts = drawn.map(([, text]) => text);
  const ids = drawn.map(([id]) => id);
  const packed = packDocuments(texts, tokenizer, { ...documentForm, ids });
  const states = encoder.tokenStates(packed, tensors).values;
  const values = read(states);
  tf.dispose([tensors, states]);
  return values;
}

/** Uniform numbers of PyTorch's width for a linear layer, `1 / sqrt(hidden)`. */
function randomHead(
  { hidden, dim }: { readonly hidden: number; readonly dim: number },
  seed: number,
): Weight {
  const random = stream(seed, "head");
  const width = 1 / Math.sqrt(hidden);
  const values = Float32Array.from(
    { length: dim * hidden },
    () => (2 * random.next() - 1) * width,
  );
  return { shape: [dim, hidden], values };
}
