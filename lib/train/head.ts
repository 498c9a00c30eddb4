import type { Dataset } from "../dataset/dataset.ts";
import { pcaHead } from "../encoder/pca_head.ts";
import { read, tf } from "../engine/tensor.ts";
import { stream } from "../num/stream.ts";
import { arrayBytes } from "../store/array_bytes.ts";
import { type KeepOptions, kept } from "../store/kept.ts";
import type { Model } from "../store/model/model.ts";
import { sha256Of } from "../store/sha256.ts";
import { sourceHash } from "../store/source_hash.ts";
import type { Weight, WeightMap } from "../store/weights/weight_map.ts";
import { packDocuments } from "../text/document_form.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
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
  options: HeadDraw,
): WeightMap {
  if (model.hasHead) return model.parameters;
  const head = newHead(model, sampleOf(model, dataset, options), options.seed);
  return { ...model.parameters, "head.weight": head };
}

/** What a new head is drawn by. */
export interface HeadDraw {
  /** Training split. */
  readonly split: string;
  /** Seed of the run. */
  readonly seed: number;
}

/** What a new head is drawn by and computed on. */
export interface KeptHeadDraw extends HeadDraw {
  /** Engine, device and precision: whatever may move a bit. */
  readonly on: string;
}

/**
 * The weights of {@linkcode startingWeights}, with a new head taken from a folder
 * where an earlier process kept it.
 *
 * The file's key is a checksum over the weights, the configuration, the sampled
 * tokens, the seed, what computes, and the source code of it, so that a kept head has
 * the bits of a fresh one.
 *
 * Random: as for {@linkcode startingWeights}.
 *
 * @param model The model.
 * @param dataset Where the documents are.
 * @param options Training split, seed, and what computes.
 * @param keeping The folder, and where a line goes; without a folder the head is made.
 * @returns All weights, head included.
 *
 * @example Usage
 * ```ts
 * import { keptStartingWeights, loadModel, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const { name, device } = await useEngine("auto");
 * const model = await loadModel("use-lite", { dim: 2 });
 * const documents = new Map([["a", "cat"], ["b", "dog"]]);
 * const dataset = { name: "pets", queries: new Map(), documents, qrels: {} };
 * const options = { split: "train", seed: 1, on: `${name} on ${device}` };
 * const folder = await Deno.makeTempDir();
 * const fresh = await keptStartingWeights(model, dataset, options, { folder });
 * const again = await keptStartingWeights(model, dataset, options, { folder });
 * assertEquals(again["head.weight"], fresh["head.weight"]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function keptStartingWeights(
  model: Model,
  dataset: Dataset,
  options: KeptHeadDraw,
  keeping: KeepOptions,
): Promise<WeightMap> {
  if (model.hasHead || keeping.folder === undefined) {
    return startingWeights(model, dataset, options);
  }
  const sample = sampleOf(model, dataset, options);
  const { dim, hidden } = model.encoder;
  const head = await kept<Weight>({
    kind: "head",
    key: headKey(model, sample, options),
    make: () => newHead(model, sample, options.seed),
    toBytes: ({ values }) => arrayBytes(values),
    fromBytes: (bytes) => {
      const values = new Float32Array(bytes.slice().buffer);
      if (values.length === dim * hidden && values.every(Number.isFinite)) {
        return { shape: [dim, hidden], values };
      }
      throw new SyntaxError(`it is no head [${dim}, ${hidden}]`);
    },
  }, keeping);
  return { ...model.parameters, "head.weight": head };
}

/** A checksum over all that the bits of a new head depend on. */
function headKey(
  { family, config, parameters, encoder }: Model,
  { ids, offsets, segment, attend }: PackedTokens,
  { seed, on }: KeptHeadDraw,
): string {
  const weights = Object.entries(parameters).sort(([a], [b]) => a < b ? -1 : 1);
  const said = JSON.stringify([
    [family, encoder.dim, config, seed, on, Deno.version.v8],
    sourceHash(["num", "engine", "text", "encoder", "train"]),
    weights.map(([name, { shape }]) => [name, shape]),
    [ids, offsets, segment, attend].map(({ length }) => length),
  ]);
  return sha256Of([
    new TextEncoder().encode(said),
    ...[ids, offsets].map(({ buffer, byteOffset, byteLength }) =>
      new Uint8Array(buffer, byteOffset, byteLength)
    ),
    ...[segment, attend],
    ...weights.map(([, { values }]) => arrayBytes(values)),
  ]);
}

/** A head of principal components where there are states enough, else a random one. */
function newHead(model: Model, sample: PackedTokens, seed: number): Weight {
  const { dim, hidden } = model.encoder;
  return dim < hidden && sample.ids.length >= STATES_PER_DIMENSION * dim
    ? pcaHead(statesOf(model, sample), { hidden, dim })
    : randomHead({ hidden, dim }, seed);
}

/** Some documents of the training side. */
function sampleOf(
  { tokenizer, documentForm }: Model,
  dataset: Dataset,
  { split, seed }: HeadDraw,
): PackedTokens {
  const pool = dataset.pools?.[split] ?? [...dataset.documents.keys()];
  const count = Math.min(SAMPLE, pool.length);
  const ids = stream(seed, "head").sample(pool, count);
  const texts = ids.map((id) => dataset.documents.get(id)!);
  return packDocuments(texts, tokenizer, { ...documentForm, ids });
}

/** Their token states, `[tokens, hidden]`. */
function statesOf(
  { encoder, parameters }: Model,
  sample: PackedTokens,
): Float32Array | Float64Array {
  const tensors = parametersOf(parameters);
  const states = encoder.tokenStates(sample, tensors).values;
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
