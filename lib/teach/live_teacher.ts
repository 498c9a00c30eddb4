import {
  type Parameters,
  read,
  type Tensor,
  tensorOf,
  tf,
} from "../engine/tensor.ts";
import { ShapeError } from "../num/shape_error.ts";
import { fetchFromHub, type HubOptions } from "../store/hub/hub.ts";
import { parseHubId } from "../store/hub/hub_id.ts";
import { isFolder } from "../store/is_folder.ts";
import { isCrossEncoder } from "../store/model/cross_encoder_folder.ts";
import { loadCrossEncoder } from "../store/model/load_cross_encoder.ts";
import { loadModel } from "../store/model/load_model.ts";
import type { WeightMap } from "../store/weights/weight_map.ts";
import { tokenChunks } from "../text/token_chunks.ts";
import {
  crossEncoderPairs,
  maxSimPairs,
  type PairScorer,
} from "./pair_scorer.ts";

/** The texts of a step, as strings. */
export interface TeachableTexts {
  /** `[queries]`. */
  readonly queries: readonly string[];
  /** `[queries * ways]`, query-major: all documents of the first query first. */
  readonly documents: readonly string[];
}

/** A model that scores texts for another to learn from. */
export interface LiveTeacher {
  /**
   * Scores every query's own documents.
   *
   * @param batch Queries and their documents.
   * @returns One score a document, `[queries * ways]`, query-major.
   */
  (batch: TeachableTexts): Float32Array;
  /** Frees the weights; the teacher scores no more. */
  dispose(): void;
}

/** Settings of a live teacher. */
export interface LoadTeacherOptions extends HubOptions {
  /** Tokens encoded at a time, about; bounds the memory. Default 2048. */
  readonly chunkTokens?: number;
}

/**
 * Loads a teacher that scores every batch while a student trains.
 *
 * A folder whose `config.json` names an architecture ending in
 * `ForSequenceClassification` is a cross-encoder and gives logits, no sigmoid applied;
 * any other model with a head is a ColBERT and gives MaxSim, with its own tokenizer,
 * lengths and markers. The two scales differ: a loss must not depend on them, and
 * distillation normalises within a query.
 *
 * No gradient is taken. Where the data brings a teacher's scores as well, training
 * uses the live teacher's and not the data's. The longest texts that the teacher takes
 * are tried when it is loaded, so that a folder that cannot teach is refused before
 * training starts.
 *
 * Cost: a forward pass over the batch by the teacher in every step; a query is
 * encoded once a chunk by a ColBERT, once a document by a cross-encoder.
 * Source: Lin et al. 2021 (TCT-ColBERT: a ColBERT teaches live) and Santhanam et al. 2022
 * (ColBERTv2: a MiniLM cross-encoder teaches).
 *
 * @param source A folder, or a hub id.
 * @param options Tokens at a time, and how to reach the hub.
 * @returns The teacher, on the engine in use.
 * @throws {RangeError} If the model has no head and is no cross-encoder, its
 * configuration is not offered, or a cross-encoder has more than one label.
 * @throws {ShapeError} If a weight is missing or has another shape.
 * @throws {SyntaxError} If a file is truncated, altered or does not parse.
 * @throws {Deno.errors.NotFound} If there is no such folder, and it is no hub id.
 *
 * @example Usage
 * ```ts
 * import { loadModel, loadTeacher, saveModel, useEngine } from "#lib/mod.ts";
 * import { assert } from "@std/assert";
 *
 * await useEngine("auto");
 * const model = await loadModel("use-lite", { dim: 2 });
 * const head = { shape: [2, 512], values: new Float32Array(1024).map((_, i) => Math.sin(i)) };
 * const parent = await Deno.makeTempDir();
 * await saveModel(`${parent}/teacher`, model, { ...model.parameters, "head.weight": head });
 * const teach = await loadTeacher(`${parent}/teacher`);
 * const scores = teach({ queries: ["a dog"], documents: ["a dog", "tax law"] });
 * assert(scores.length === 2 && scores[0]! > scores[1]!);
 * teach.dispose();
 * await Deno.remove(parent, { recursive: true });
 * ```
 */
export async function loadTeacher(
  source: string,
  { chunkTokens = 2048, ...hub }: LoadTeacherOptions = {},
): Promise<LiveTeacher> {
  const { scorer, parameters } = await openTeacher(source, hub);
  const teach = (batch: TeachableTexts) =>
    scoreInChunks(scorer, batch, { parameters, chunkTokens });
  try {
    teach(longestTexts(scorer.maxTokens));
  } catch (error) {
    tf.dispose(parameters);
    throw error;
  }
  return Object.assign(teach, { dispose: () => tf.dispose(parameters) });
}

/** Opens whichever of the two kinds a folder or a hub id holds. */
async function openTeacher(
  source: string,
  hub: HubOptions,
): Promise<{ readonly scorer: PairScorer; readonly parameters: Parameters }> {
  const folder = await localFolder(source, hub);
  if (await isCrossEncoder(folder)) {
    const model = await loadCrossEncoder(folder);
    return {
      scorer: crossEncoderPairs(model),
      parameters: tensorsOf(model.parameters),
    };
  }
  const model = await loadModel(folder);
  if (!model.hasHead) {
    throw new RangeError(
      `Cannot teach with ${source}: expected a ColBERT, which has a head, or a cross-encoder, ` +
        `whose config.json has an architecture ending in ForSequenceClassification, got neither`,
    );
  }
  return {
    scorer: maxSimPairs(model),
    parameters: tensorsOf(model.parameters),
  };
}

/** Where the files are: the folder itself, or the cache's after a download. */
async function localFolder(source: string, hub: HubOptions): Promise<string> {
  const id = parseHubId(source);
  if (id === undefined || await isFolder(source)) return source;
  return (await fetchFromHub(id, hub)).folder;
}

/** A query and a document that fill whatever the model has room for. */
function longestTexts(tokens: number): TeachableTexts {
  const text = "a ".repeat(tokens);
  return { queries: [text], documents: [text] };
}

/** Scores a batch, some pairs at a time. */
function scoreInChunks(
  scorer: PairScorer,
  batch: TeachableTexts,
  { parameters, chunkTokens }: {
    readonly parameters: Parameters;
    readonly chunkTokens: number;
  },
): Float32Array {
  checkBatch(batch);
  const pairs = scorer.pack(batch.queries, batch.documents);
  const scores = new Float32Array(batch.documents.length);
  for (const [first, last] of tokenChunks(pairs.tokens, chunkTokens)) {
    const values = numbersOf(() => pairs.score(first, last, parameters));
    scores.set(values, first);
  }
  const at = scores.findIndex((score) => !Number.isFinite(score));
  if (at < 0) return scores;
  throw new RangeError(
    `Cannot teach: expected finite scores, got ${
      scores[at]
    } for document ${at} of the batch`,
  );
}

/** Refuses documents that cannot be dealt out to the queries. */
function checkBatch({ queries, documents }: TeachableTexts): void {
  const ways = documents.length / queries.length;
  if (Number.isInteger(ways) && ways >= 1) return;
  throw new ShapeError(
    "teach",
    "queries [queries] and documents [queries * ways]",
    `${queries.length} queries and ${documents.length} documents`,
  );
}

/** The numbers of a tensor that is made, read and freed. */
function numbersOf(make: () => Tensor): Float32Array | Float64Array {
  const tensor = tf.tidy(make);
  const values = read(tensor);
  tensor.dispose();
  return values;
}

/** Weights as tensors on the engine in use. */
function tensorsOf(weights: WeightMap): Parameters {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { shape, values }]) => [
      name,
      tensorOf(values, shape),
    ]),
  );
}
