import { type Parameters, read } from "../engine/tensor.ts";
import {
  documentPairs,
  type Preferences,
  type SampledPairs,
} from "../score/preferences.ts";
import type { LoadedPairwiseEncoder } from "../store/model/load_pairwise_encoder.ts";
import { lengths, reorder } from "../text/pack_texts.ts";
import { tokenChunks } from "../text/token_chunks.ts";
import { packTriples } from "../text/triple_form.ts";

/** Settings of {@linkcode compareDocuments}. */
export interface CompareDocumentsOptions {
  /** Which comparisons are made. Default: all. */
  readonly sampled?: SampledPairs;
  /** Tokens encoded at a time, about; bounds the memory. Default 4096. */
  readonly chunkTokens?: number;
}

/**
 * Compares a query's documents two by two, as the last stage of a search does with the
 * best thirty or fifty.
 *
 *     p_ij = P(document i is more relevant than j)
 *
 * `preferenceScores` makes scores of the result.
 *
 * Cost: one text of a query and two documents a comparison: 30 documents are 870.
 * Source: Nogueira et al. 2019 (Multi-Stage Document Ranking with BERT), the section on duoBERT.
 *
 * @param model The pairwise cross-encoder.
 * @param parameters Its weights on the engine in use.
 * @param texts The query, and at least two documents.
 * @param options Which comparisons, and tokens at a time.
 * @returns The comparisons, `[pairs]`.
 * @throws {RangeError} If there are too few documents, or a text has no token.
 *
 * @example Usage
 * ```ts
 * import { compareDocuments } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const model = {} as Parameters<typeof compareDocuments>[0];
 * assertThrows(
 *   () => compareDocuments(model, {}, { query: "a", documents: ["b"] }),
 *   RangeError,
 *   "expected at least 2, got 1",
 * );
 * ```
 */
export function compareDocuments(
  { encoder, tokenizer, tripleForm }: Pick<
    LoadedPairwiseEncoder,
    "encoder" | "tokenizer" | "tripleForm"
  >,
  parameters: Parameters,
  { query, documents, sampled, chunkTokens = 4096 }: CompareDocumentsOptions & {
    readonly query: string;
    readonly documents: readonly string[];
  },
): Preferences {
  const pairs = documentPairs(documents.length, sampled);
  const triples = Array.from(
    pairs.first,
    (first, pair) =>
      [query, documents[first]!, documents[pairs.second[pair]!]!] as const,
  );
  const packed = packTriples(triples, tokenizer, tripleForm);
  const probabilities = new Float64Array(triples.length);
  for (const [first, last] of tokenChunks(lengths(packed), chunkTokens)) {
    const places = Array.from({ length: last - first }, (_, i) => first + i);
    const scores = encoder.predict(reorder(packed, places), parameters);
    probabilities.set(read(scores), first);
    scores.dispose();
  }
  return { ...pairs, probabilities };
}
