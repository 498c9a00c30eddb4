import type { TokenVectors } from "../encoder/encoder.ts";
import { embedding } from "../engine/ops/embedding.ts";
import { type Parameters, type Tensor, tf } from "../engine/tensor.ts";
import { maxSimScores } from "../score/max_sim_scores.ts";
import type { LoadedCrossEncoder } from "../store/model/load_cross_encoder.ts";
import type { Model } from "../store/model/model.ts";
import { packDocuments } from "../text/document_form.ts";
import { lengths, reorder } from "../text/pack_texts.ts";
import { packPairs } from "../text/pair_form.ts";
import { packQueries } from "../text/query_form.ts";

/** Tokenised pairs of a query and a document, ready to be scored in parts. */
export interface PackedPairs {
  /** Tokens that the scoring of each pair encodes, at most, `[pairs]`. */
  readonly tokens: Int32Array;
  /**
   * Scores a stretch of pairs.
   *
   * @param first The first pair.
   * @param last One beyond the last.
   * @param parameters The model's weights.
   * @returns `[last - first]`; the caller tidies up.
   */
  score(first: number, last: number, parameters: Parameters): Tensor;
}

/** Scores pairs of a query and a document, whatever the model. */
export interface PairScorer {
  /** Longest text that the model takes, in tokens. */
  readonly maxTokens: number;
  /**
   * Tokenises pairs.
   *
   * @param queries `[queries]`.
   * @param documents `[queries * ways]`, query-major.
   * @returns One pair a document.
   */
  pack(queries: readonly string[], documents: readonly string[]): PackedPairs;
}

/**
 * Scores pairs with a cross-encoder: both texts as one, one logit.
 *
 * @param model The cross-encoder.
 * @returns The scorer.
 */
export function crossEncoderPairs(
  { encoder, tokenizer, pairForm }: LoadedCrossEncoder,
): PairScorer {
  return {
    maxTokens: encoder.maxTokens,
    pack: (queries, documents) => {
      const ways = documents.length / queries.length;
      const texts = documents.map((document, i) =>
        [queries[Math.floor(i / ways)]!, document] as const
      );
      const packed = packPairs(texts, tokenizer, pairForm);
      return {
        tokens: lengths(packed),
        score: (first, last, parameters) =>
          encoder.score(reorder(packed, range(first, last)), parameters),
      };
    },
  };
}

/**
 * Scores pairs with a ColBERT: every query token takes its best document token.
 *
 * Queries of a stretch are encoded once, however many of its documents are theirs.
 *
 * @param model The ColBERT, with its head.
 * @returns The scorer.
 */
export function maxSimPairs(
  { encoder, tokenizer, queryForm, documentForm }: Model,
): PairScorer {
  return {
    maxTokens: encoder.maxTokens,
    pack: (texts, others) => {
      const ways = others.length / texts.length;
      const queries = packQueries(texts, tokenizer, queryForm);
      const documents = packDocuments(others, tokenizer, documentForm);
      const queryTokens = lengths(queries);
      const queryOf = (pair: number) => Math.floor(pair / ways);
      return {
        tokens: lengths(documents).map((tokens, pair) =>
          tokens + queryTokens[queryOf(pair)]!
        ),
        score: (first, last, parameters) => {
          const pairs = range(first, last);
          const begin = queryOf(first);
          const asked = range(begin, queryOf(last - 1) + 1);
          const own = pairs.map((pair) => queryOf(pair) - begin);
          return tf.reshape(
            maxSimScores(
              repeated(
                encoder.encode(reorder(queries, asked), parameters),
                own,
              ),
              encoder.encode(reorder(documents, pairs), parameters),
              { ways: 1 },
            ),
            [-1],
          );
        },
      };
    },
  };
}

/** The vectors of some texts, in this order, some of them several times. */
function repeated(
  { values, offsets, keep }: TokenVectors,
  texts: readonly number[],
): TokenVectors {
  const rows = texts.map((text) => range(offsets[text]!, offsets[text + 1]!));
  const ends = new Int32Array(texts.length + 1);
  rows.forEach((own, i) => ends[i + 1] = ends[i]! + own.length);
  const all = Int32Array.from(rows.flat());
  return {
    values: embedding(values, all),
    offsets: ends,
    keep: Uint8Array.from(all, (row) => keep[row]!),
  };
}

/** Whole numbers from the first to below the last. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first }, (_, i) => first + i);
}
