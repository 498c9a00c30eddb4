import { stream } from "../../num/stream.ts";
import { loadModel } from "../../store/model/load_model.ts";
import type { Model } from "../../store/model/model.ts";
import { saveModel } from "../../store/model/save_model.ts";
import type { WeightMap } from "../../store/weights/weight_map.ts";
import type { BenchSettings } from "./settings.ts";

/** A model that every side of a benchmark starts from. */
export interface BenchModel {
  /** Lengths and forms as the flags ask. */
  readonly model: Model;
  /** Its weights, a head among them. */
  readonly weights: WeightMap;
}

/**
 * Loads the model that `--model` names, with the lengths that the flags ask for.
 *
 * @param settings Where it is, lengths, size of a vector.
 * @returns The model and its weights.
 */
export async function benchModel(
  { model: source, dim, queryLength, documentLength }: Pick<
    BenchSettings,
    "model" | "dim" | "queryLength" | "documentLength"
  >,
): Promise<BenchModel> {
  const loaded = await loadModel(source, dim === undefined ? {} : { dim });
  const model = {
    ...loaded,
    queryForm: { ...loaded.queryForm, length: queryLength },
    documentForm: { ...loaded.documentForm, length: documentLength },
  };
  return { model, weights: withHead(model) };
}

/**
 * Gives a model that has none a head of random numbers, from a seed.
 *
 * Random: stream `bench/head`, a normal draw a weight.
 *
 * @param model As loaded.
 * @returns Its parameters, `head.weight` among them.
 */
export function withHead({ parameters, encoder, hasHead }: Model): WeightMap {
  if (hasHead) return parameters;
  const { dim, hidden } = encoder;
  const random = stream(1, "bench/head");
  const values = Float32Array.from(
    { length: dim * hidden },
    () => random.normal() / Math.sqrt(hidden),
  );
  return { ...parameters, "head.weight": { shape: [dim, hidden], values } };
}

/**
 * Writes the model where peers read it.
 *
 * @param folder The contest's folder; the model's is `model` in it.
 * @param model The model and its weights.
 * @throws {RangeError} If peers cannot open such a model.
 */
export async function saveForPeers(
  folder: string,
  { model, weights }: BenchModel,
): Promise<void> {
  if (model.family !== "bert") {
    throw new RangeError(
      `Cannot time peers: expected a BERT, which they open, got ${model.family}`,
    );
  }
  await saveModel(`${folder}/model`, model, weights);
}

/**
 * What a peer is told of the model.
 *
 * @param folder The contest's folder.
 * @param model Its forms and encoder.
 */
export function modelForPeers(
  folder: string,
  { queryForm, documentForm, encoder: { dim } }: Pick<
    Model,
    "queryForm" | "documentForm" | "encoder"
  >,
): Readonly<Record<string, unknown>> {
  const [queryLength, documentLength] = [queryForm.length, documentForm.length];
  return { model: `${folder}/model`, queryLength, documentLength, dim };
}
