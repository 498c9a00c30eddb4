import { framedTokens, type TextIds } from "./framed_tokens.ts";
import { packRows } from "./pack_texts.ts";
import type { PackedTokens } from "./packed_tokens.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** How many [MASK] tokens follow a query. */
export type QueryExpansion =
  | "none"
  | "fixed"
  | "plus8"
  | "dynamic-paper"
  | "dynamic-code";

/** How a query becomes tokens; can be written as JSON. */
export interface QueryForm {
  /**
   * Most tokens of the query itself, special tokens included; longer ones are cut.
   * "fixed" fills to exactly this; "plus8" and the dynamic forms add theirs on top.
   */
  readonly length: number;
  /** How many [MASK] tokens follow. */
  readonly expansion: QueryExpansion;
  /** Whether a [MASK] may be a key in attention; ColBERT's default is no. */
  readonly attendMask: boolean;
  /** Vocabulary token put after [CLS], such as "[unused0]" or "[Q] "; absent for none. */
  readonly marker?: string;
  /**
   * Words put before every query, such as "search_query: ", tokenised with it; they
   * take part of the length, and count in scoring. Absent for none.
   */
  readonly prompt?: string;
}

/** The dynamic forms fill up to a multiple of this. */
const STEP = 32;

/** Least number of [MASK] tokens that the dynamic forms want, and what "plus8" adds. */
const EXTRA = 8;

/**
 * Says how many tokens a query has after expansion.
 *
 *     fixed:          length
 *     plus8:          L + 8
 *     dynamic-paper:  32 ceil(L / 32), but L + 8 where that adds fewer than 8
 *     dynamic-code:   L + 8 where L mod 32 <= 8, else 32 ceil(L / 32)
 *
 * The two dynamic rules agree only for L mod 32 from 9 to 24 and for multiples of 32.
 *
 * Source: Clavié 2024 (JaColBERTv2.5), section 4; the code rule is that of the JQaRA
 * evaluator and of a block commented out in ColBERT's pull request 361.
 *
 * @param tokens Tokens of the query with its special tokens, L, at least 1.
 * @param form Which rule, and the length of "fixed".
 * @returns Tokens after expansion.
 *
 * @example Usage
 * ```ts
 * import { expandedLength } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(expandedLength(25, { expansion: "dynamic-paper", length: 32 }), 33);
 * assertEquals(expandedLength(25, { expansion: "dynamic-code", length: 32 }), 32);
 * ```
 */
export function expandedLength(
  tokens: number,
  { expansion, length }: Pick<QueryForm, "expansion" | "length">,
): number {
  const multiple = STEP * Math.ceil(tokens / STEP);
  switch (expansion) {
    case "none":
      return tokens;
    case "fixed":
      return Math.max(tokens, length);
    case "plus8":
      return tokens + EXTRA;
    case "dynamic-paper":
      return multiple - tokens < EXTRA ? tokens + EXTRA : multiple;
    case "dynamic-code":
      return tokens % STEP <= EXTRA ? tokens + EXTRA : multiple;
  }
}

/**
 * Turns queries into packed tokens: `[CLS] marker prompt words [SEP] [MASK] ... [MASK]`.
 *
 * Every position counts in scoring, [CLS], marker, [SEP] and [MASK] too. With
 * `attendMask` false a [MASK] sees the query, and no token sees a [MASK].
 *
 * Source: Khattab and Zaharia 2020, section 3.2; masks as in the ColBERT v2 code;
 * prompts as in PyLate 1.6.0, where ColBERT-Zero adds their tokens to the length.
 *
 * @param texts The queries, at least one, none empty.
 * @param tokenizer Splits them.
 * @param form Length, expansion, marker, prompt; ids of the queries, for errors.
 * @returns The batch, queries in the given order.
 * @throws {RangeError} If a query has no token, the marker is not in the vocabulary, an
 * expansion is wanted of a vocabulary without [MASK], or the form is not one.
 *
 * @example Usage
 * ```ts
 * import { bertTokenizer, packQueries, wordPieceJson } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tokenizer = bertTokenizer(wordPieceJson("[UNK]\n[CLS]\n[SEP]\n[MASK]\nlate\n"));
 * const form = { length: 5, expansion: "fixed", attendMask: false } as const;
 * const packed = packQueries(["late"], tokenizer, form);
 * assertEquals([...packed.ids], [1, 4, 2, 3, 3]);
 * assertEquals([...packed.attend], [1, 1, 1, 0, 0]);
 * assertEquals([...packed.keep], [1, 1, 1, 1, 1]);
 * ```
 */
export function packQueries(
  texts: readonly string[],
  tokenizer: Tokenizer,
  form: QueryForm & TextIds,
): PackedTokens {
  const mask = maskId(tokenizer, form.expansion);
  const rows = framedTokens(texts, tokenizer, { role: "query", ...form });
  return packRows(rows.map((ids) => {
    const total = expandedLength(ids.length, form);
    const isText = Array.from({ length: total }, (_, i) => i < ids.length);
    return {
      ids: isText.map((text, i) => text ? ids[i]! : mask),
      attend: isText.map((text) => text || form.attendMask),
    };
  }));
}

/** The id of [MASK], or a refusal where the expansion needs one. */
function maskId(tokenizer: Tokenizer, expansion: QueryExpansion): number {
  const known = ["none", "fixed", "plus8", "dynamic-paper", "dynamic-code"];
  if (!known.includes(expansion)) {
    throw new RangeError(
      `Cannot expand queries: expected an expansion among ${
        known.join(", ")
      }, got "${expansion}"`,
    );
  }
  const { mask } = tokenizer.special;
  if (expansion === "none" || mask !== undefined) return mask ?? -1;
  throw new RangeError(
    `Cannot expand queries by "${expansion}": expected a vocabulary with [MASK], got none ` +
      `(use expansion "none")`,
  );
}
