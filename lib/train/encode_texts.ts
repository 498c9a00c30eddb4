import { type Parameters, tensorOf } from "../engine/tensor.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { withoutHead } from "../encoder/without_head.ts";
import type { Progress } from "../num/progress.ts";
import type { EncodedDocuments } from "../search/exact_max_sim.ts";
import type { Model } from "../store/model/model.ts";
import type { WeightMap } from "../store/weight_map.ts";
import { type DocumentForm, packDocuments } from "../text/document_form.ts";
import { packQueries, type QueryForm } from "../text/query_form.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

/** A model ready to encode: what turns strings into token vectors. */
export interface Retriever {
  /** Token ids to vectors. */
  readonly encoder: Encoder;
  /** Strings to token ids. */
  readonly tokenizer: Tokenizer;
  /** How queries are packed. */
  readonly queryForm: QueryForm;
  /** How documents are packed. */
  readonly documentForm: DocumentForm;
  /** Weights, as tensors. */
  readonly parameters: Parameters;
}

/**
 * Makes a loaded model ready to encode: its weights as tensors on the engine in
 * use. A model without a head encodes with its token states.
 *
 * @param model The model.
 * @returns The retriever; the caller disposes its `parameters`.
 */
export function retrieverOf(model: Model): Retriever {
  return {
    ...model,
    encoder: model.hasHead ? model.encoder : withoutHead(model.encoder),
    parameters: parametersOf(model.parameters),
  };
}

/** Settings of an encoding. */
export interface EncodeTextsOptions {
  /** Texts are encoded in parts of about this many characters, default 40,000. */
  readonly partCharacters?: number;
  /** Told after every part. */
  readonly progress?: Progress;
  /** Stops between two parts. */
  readonly signal?: AbortSignal;
  /** What the progress says, default `encode documents`. */
  readonly label?: string;
}

/**
 * Encodes all queries at once.
 *
 * @param retriever The model.
 * @param queries Texts by id.
 * @returns Their vectors, in the map's order; the caller disposes them.
 */
export function encodeQueries(
  retriever: Retriever,
  queries: ReadonlyMap<string, string>,
): EncodedDocuments {
  const { encoder, tokenizer, queryForm, parameters } = retriever;
  const packed = packQueries([...queries.values()], tokenizer, queryForm);
  return {
    ids: [...queries.keys()],
    vectors: encoder.encode(packed, parameters),
  };
}

/**
 * Encodes a collection part by part, short texts first, so that the texts of a
 * part have similar lengths and only one part is in memory.
 *
 * @param retriever The model.
 * @param documents Texts by id.
 * @param options Size of a part, progress, signal.
 * @returns The parts; whoever takes one disposes its vectors.
 */
export async function* encodeDocuments(
  retriever: Retriever,
  documents: ReadonlyMap<string, string>,
  options: EncodeTextsOptions = {},
): AsyncGenerator<EncodedDocuments> {
  const { partCharacters = 40_000, progress, signal } = options;
  const { label = "encode documents" } = options;
  const { encoder, tokenizer, documentForm, parameters } = retriever;
  const ids = [...documents.keys()].sort((a, b) =>
    documents.get(a)!.length - documents.get(b)!.length
  );
  for (let first = 0; first < ids.length;) {
    signal?.throwIfAborted();
    let characters = 0;
    let last = first;
    while (last < ids.length && characters < partCharacters) {
      characters += documents.get(ids[last++]!)!.length;
    }
    const part = ids.slice(first, last);
    const texts = part.map((id) => documents.get(id)!);
    const packed = packDocuments(texts, tokenizer, documentForm);
    yield { ids: part, vectors: encoder.encode(packed, parameters) };
    first = last;
    progress?.({ label, done: last, total: ids.length });
    await breathe();
  }
}

/** Lets timers, signals and a notebook's Stop button in. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/**
 * Makes tensors of weights on the engine in use.
 *
 * @param weights Shape and numbers by name.
 * @returns Tensors; the caller disposes them.
 */
export function parametersOf(
  weights: WeightMap,
): Parameters {
  return Object.fromEntries(
    Object.entries(weights).map(([name, { shape, values }]) => [
      name,
      tensorOf(values, shape),
    ]),
  );
}
