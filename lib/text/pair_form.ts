import { packRows } from "./pack_texts.ts";
import type { PackedTokens } from "./packed_tokens.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** How a query and a document become the one text of a cross-encoder; can be written as JSON. */
export interface PairForm {
  /** Most tokens of a pair, its special tokens included; the longer side is cut. */
  readonly length: number;
  /** How many [SEP] stand between the sides: 1 as in BERT (default), 2 as in RoBERTa. */
  readonly separators?: 1 | 2;
  /** Whether the second side is segment 1. Default `true`; RoBERTa has one segment. */
  readonly segments?: boolean;
}

/**
 * Packs pairs for a cross-encoder: `[CLS] query [SEP] document [SEP]`, segment 0 up to
 * the first [SEP] and 1 after it; or RoBERTa's `<s> query </s></s> document </s>`, all of
 * segment 0.
 *
 * Where a pair is too long, the longer side loses the tokens at its end that the other
 * has not, then both lose alike; of an odd room the side that was longer keeps the one
 * token more, the document at a tie.
 *
 * Source: the "longest first" truncation of Hugging Face's Rust tokenizers.
 *
 * @param pairs Query and document of each pair, none empty.
 * @param tokenizer Splits them; its vocabulary has [CLS] and [SEP].
 * @param form Length, separators, segments.
 * @returns The batch, pairs in the given order.
 * @throws {RangeError} If a side has no token, there is no room for both, or the
 * vocabulary lacks [CLS] or [SEP].
 *
 * @example Usage
 * ```ts
 * import { bertTokenizer, packPairs, wordPieceJson } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tokenizer = bertTokenizer(wordPieceJson("[UNK]\n[CLS]\n[SEP]\nlate\nearly\n"));
 * const packed = packPairs([["late", "early late"]], tokenizer, { length: 512 });
 * assertEquals([...packed.ids], [1, 3, 2, 4, 3, 2]);
 * assertEquals([...packed.segment], [0, 0, 0, 1, 1, 1]);
 * ```
 */
export function packPairs(
  pairs: readonly (readonly [query: string, document: string])[],
  tokenizer: Tokenizer,
  { length, separators = 1, segments = true }: PairForm,
): PackedTokens {
  const { cls, sep } = pairSigns(tokenizer);
  const signs = 2 + separators;
  if (!Number.isInteger(length) || length < signs + 2) {
    throw new RangeError(
      `Cannot encode pairs: expected a length of at least ${
        signs + 2
      } tokens, got ${length}`,
    );
  }
  return packRows(pairs.map(([query, document], index) => {
    const sides = [query, document].map((text) =>
      sideTokens(text, { tokenizer, index })
    );
    const [first, second] = fitted(sides[0]!, sides[1]!, {
      room: length - signs,
    });
    const between = new Array<number>(separators).fill(sep);
    const ids = [cls, ...first, ...between, ...second, sep];
    const start = segments ? 1 + first.length + separators : Infinity;
    return { ids, segment: ids.map((_, i) => i < start ? 0 : 1) };
  }));
}

/**
 * The special tokens that join texts.
 *
 * @param tokenizer Whose vocabulary has them.
 * @returns Their ids.
 * @throws {RangeError} If it lacks [CLS] or [SEP].
 */
export function pairSigns(
  { special: { cls, sep } }: Tokenizer,
): { readonly cls: number; readonly sep: number } {
  if (cls !== undefined && sep !== undefined) return { cls, sep };
  throw new RangeError(
    "Cannot encode pairs: expected a vocabulary with [CLS] and [SEP], got none",
  );
}

/**
 * The tokens of one text of a pair.
 *
 * @param text Any string.
 * @param options The tokenizer, and which pair it is, for the message.
 * @returns At least one id.
 * @throws {RangeError} If the text has no token.
 */
export function sideTokens(
  text: string,
  { tokenizer, index }: {
    readonly tokenizer: Tokenizer;
    readonly index: number;
  },
): readonly number[] {
  const ids = text.trim() === "" ? [] : tokenizer.encode(text);
  if (ids.length > 0) return ids;
  throw new RangeError(
    `Cannot encode pair ${index}: expected texts with at least one token, got ${
      JSON.stringify(text)
    }`,
  );
}

/** Both sides, cut to the room by taking from the longer. */
function fitted(
  first: readonly number[],
  second: readonly number[],
  { room }: { readonly room: number },
): [readonly number[], readonly number[]] {
  const excess = Math.max(0, first.length + second.length - room);
  const longer = Math.min(excess, Math.abs(first.length - second.length));
  const rest = excess - longer;
  const [fromFirst, fromSecond] = first.length > second.length
    ? [longer + Math.floor(rest / 2), Math.ceil(rest / 2)]
    : [Math.ceil(rest / 2), longer + Math.floor(rest / 2)];
  return [
    first.slice(0, first.length - fromFirst),
    second.slice(0, second.length - fromSecond),
  ];
}
