import { framedTokens } from "../text/framed_tokens.ts";
import { packRows } from "../text/pack_texts.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import { expandedLength, type QueryExpansion } from "../text/query_form.ts";
import type { Tokenizer } from "../text/tokenizer.ts";

/** How a query is filled with [MASK], apart from whether it is cut. */
export interface MaskRule {
  /** The rule that says how many. */
  readonly masks: QueryExpansion;
  /** Whether queries longer than the fixed length lose their end. */
  readonly cut: boolean;
}

/** Queries under several rules, each distinct row of tokens once. */
export interface QueryRows {
  /** The distinct rows. */
  readonly packed: PackedTokens;
  /** Ids of the rows, in their order. */
  readonly ids: readonly string[];
  /** The row of each query, by rule, in the order of the queries. */
  readonly rowOf: readonly (readonly string[])[];
  /** Tokens of each query before any filling, special tokens included. */
  readonly lengths: readonly number[];
}

/**
 * Packs queries under several rules of filling, telling cutting from filling.
 *
 * "fixed" of ColBERT does two things at once: a short query is filled to 32, a
 * long one is cut to 32. Here each is a setting of its own, and a query for which
 * two rules agree is encoded once, so that the rules tie on it exactly.
 *
 * Source: Khattab and Zaharia 2020, section 3.2; Clavié 2024, section 4.
 *
 * @param queries Texts by id.
 * @param tokenizer Splits them; its vocabulary has [MASK].
 * @param options Marker, the fixed length, the longest query when none is cut,
 * whether a [MASK] may be a key, and the rules.
 * @returns The distinct rows and which of them each query has under each rule.
 * @throws {RangeError} If a query has no token, the marker is unknown, or there
 * is no [MASK].
 *
 * @example Usage
 * ```ts
 * import { bertTokenizer, queryRows, wordPieceJson } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tokenizer = bertTokenizer(wordPieceJson("[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n"));
 * const rules = [
 *   { masks: "none", cut: true },
 *   { masks: "fixed", cut: true },
 *   { masks: "fixed", cut: false },
 * ] as const;
 * const options = { length: 4, longest: 9, attendMask: false, rules };
 * const { ids, rowOf } = queryRows(new Map([["q", "a a a"]]), tokenizer, options);
 * assertEquals(ids.length, 2); // cut to [CLS] a a [SEP], or whole
 * assertEquals(rowOf[0], rowOf[1]);
 * ```
 */
export function queryRows(
  queries: ReadonlyMap<string, string>,
  tokenizer: Tokenizer,
  options: {
    readonly marker?: string | undefined;
    readonly length: number;
    readonly longest: number;
    readonly attendMask: boolean;
    readonly rules: readonly MaskRule[];
  },
): QueryRows {
  const { length, longest, rules, marker } = options;
  const texts = [...queries.values()];
  const frame = { role: "query", ...(marker === undefined ? {} : { marker }) };
  const whole = framedTokens(texts, tokenizer, { ...frame, length: longest });
  const short = framedTokens(texts, tokenizer, { ...frame, length });
  const mask = maskId(tokenizer);
  const rows = new Map<string, { ids: number[]; attend: boolean[] }>();
  const rowOf = rules.map(({ masks, cut }) =>
    [...queries.keys()].map((query, place) => {
      const words = (cut ? short : whole)[place]!;
      const total = expandedLength(words.length, { expansion: masks, length });
      const id = JSON.stringify([query, words.length, total]);
      if (!rows.has(id)) {
        const isWord = Array.from(
          { length: total },
          (_, i) => i < words.length,
        );
        rows.set(id, {
          ids: isWord.map((word, i) => word ? words[i]! : mask),
          attend: isWord.map((word) => word || options.attendMask),
        });
      }
      return id;
    })
  );
  return {
    packed: packRows([...rows.values()]),
    ids: [...rows.keys()],
    rowOf,
    lengths: whole.map((ids) => ids.length),
  };
}

/** The id of [MASK]. */
function maskId({ special }: Tokenizer): number {
  if (special.mask !== undefined) return special.mask;
  throw new RangeError(
    "Cannot fill queries: expected a vocabulary with [MASK], got none",
  );
}
