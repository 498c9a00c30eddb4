import { packRows } from "./pack_texts.ts";
import type { PackedTokens } from "./packed_tokens.ts";
import { pairSigns, sideTokens } from "./pair_form.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** How a query and two documents become one text; can be written as JSON. */
export interface TripleForm {
  /** Most tokens of a text, its special tokens included. Default 512. */
  readonly length?: number;
  /** Most tokens of the query, without special tokens. Default 62. */
  readonly queryLength?: number;
  /**
   * Most tokens of a document: `paper` leaves each half of what a longest query leaves,
   * 223 of 512; `code` half of what this query leaves, more where it is short. Default
   * `paper`.
   */
  readonly rooms?: "paper" | "code";
  /** How many [SEP] stand between two texts: 1 (default), or 2 as in RoBERTa. */
  readonly separators?: 1 | 2;
  /** Whether the documents are segments 1 and 2. Default `true`. */
  readonly segments?: boolean;
}

/**
 * Packs triples for a pairwise cross-encoder: `[CLS] query [SEP] first [SEP] second [SEP]`,
 * segments 0, 1 and 2, each with the [SEP] behind it.
 *
 * Texts are cut at their ends, each to its own room; what one does not use no other gets,
 * but for the query's in the `code` rule. With the defaults the longest triple has
 * 62 + 223 + 223 + 4 = 512 tokens.
 *
 * Source: Nogueira et al. 2019 (Multi-Stage Document Ranking with BERT), the section on duoBERT
 * (62, 223 and 223 tokens); their `convert_msmarco_to_duobert_tfrecord.py` for the
 * segments and the other rule: `(512 - query) / 2` a document, special tokens counted.
 * Differs: two [SEP], and one segment only, serve models that the paper does not have.
 *
 * @param triples Query and the two documents that are compared, none empty.
 * @param tokenizer Splits them; its vocabulary has [CLS] and [SEP].
 * @param form Lengths, separators, segments.
 * @returns The batch, triples in the given order.
 * @throws {RangeError} If a text has no token, a length leaves no room for three texts,
 * or the vocabulary lacks [CLS] or [SEP].
 *
 * @example Usage
 * ```ts
 * import { bertTokenizer, packTriples, wordPieceJson } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tokenizer = bertTokenizer(wordPieceJson("[UNK]\n[CLS]\n[SEP]\nlate\nearly\n"));
 * const packed = packTriples([["late", "early late", "early"]], tokenizer);
 * assertEquals([...packed.ids], [1, 3, 2, 4, 3, 2, 4, 2]);
 * assertEquals([...packed.segment], [0, 0, 0, 1, 1, 1, 2, 2]);
 * ```
 */
export function packTriples(
  triples: readonly (readonly [query: string, first: string, second: string])[],
  tokenizer: Tokenizer,
  {
    length = 512,
    queryLength = 62,
    rooms = "paper",
    separators = 1,
    segments = true,
  }: TripleForm = {},
): PackedTokens {
  const { cls, sep } = pairSigns(tokenizer);
  const signs = 2 + 2 * separators;
  checkLengths({ length, queryLength, signs });
  const between = new Array<number>(separators).fill(sep);
  return packRows(triples.map((texts, index) => {
    const sides = texts.map((text) => sideTokens(text, { tokenizer, index }));
    const query = sides[0]!.slice(0, queryLength);
    const taken = rooms === "paper" ? queryLength : query.length;
    const room = Math.floor((length - signs - taken) / 2);
    const parts = [
      [cls, ...query, ...between],
      [...sides[1]!.slice(0, room), ...between],
      [...sides[2]!.slice(0, room), sep],
    ];
    return {
      ids: parts.flat(),
      segment: parts.flatMap((ids, part) => ids.map(() => segments ? part : 0)),
    };
  }));
}

/** Refuses lengths that leave a text no token. */
function checkLengths({ length, queryLength, signs }: {
  readonly length: number;
  readonly queryLength: number;
  readonly signs: number;
}): void {
  if (!Number.isInteger(queryLength) || queryLength < 1) {
    throw new RangeError(
      `Cannot encode triples: expected a query length of at least 1 token, got ${queryLength}`,
    );
  }
  const least = signs + queryLength + 2;
  if (Number.isInteger(length) && length >= least) return;
  throw new RangeError(
    `Cannot encode triples: expected a length of at least ${least} tokens, of which the ` +
      `query may have ${queryLength}, got ${length}`,
  );
}
