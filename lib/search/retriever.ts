import { type Parameters, tensorOf } from "../engine/tensor.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { withoutHead } from "../encoder/without_head.ts";
import type { Model } from "../store/model/model.ts";
import type { WeightMap } from "../store/weights/weight_map.ts";
import type { DocumentForm } from "../text/document_form.ts";
import type { QueryForm } from "../text/query_form.ts";
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
 *
 * @example Usage
 * ```ts
 * import { loadModel, retrieverOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("auto");
 * const retriever = retrieverOf(await loadModel("use-lite")); // which has no head
 * assertEquals(retriever.encoder.dim, retriever.encoder.hidden);
 * Object.values(retriever.parameters).forEach((tensor) => tensor.dispose());
 * ```
 */
export function retrieverOf(model: Model): Retriever {
  return {
    ...model,
    encoder: model.hasHead ? model.encoder : withoutHead(model.encoder),
    parameters: parametersOf(model.parameters),
  };
}

/**
 * Makes tensors of weights on the engine in use.
 *
 * @param weights Shape and numbers by name.
 * @returns Tensors; the caller disposes them.
 *
 * @example Usage
 * ```ts
 * import { parametersOf, read, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const { bias } = parametersOf({ bias: { shape: [2], values: Float32Array.of(1, 2) } });
 * assertEquals([...read(bias!)], [1, 2]);
 * ```
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
