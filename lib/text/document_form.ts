import { framedTokens, type TextIds, textName } from "./framed_tokens.ts";
import { packRows } from "./pack_texts.ts";
import type { PackedTokens } from "./packed_tokens.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** How a document becomes tokens; can be written as JSON. */
export interface DocumentForm {
  /** Most tokens, special tokens included; longer documents are cut. */
  readonly length: number;
  /** Vocabulary token put after [CLS], such as "[unused1]" or "[D] "; absent for none. */
  readonly marker?: string;
  /**
   * Words put before every document, such as "search_document: ", tokenised with it; they
   * take part of the length, and count in scoring. Absent for none.
   */
  readonly prompt?: string;
  /** Pieces that scoring drops, such as `PUNCTUATION`. Default: none. */
  readonly skiplist?: readonly string[];
}

/** The 32 signs of ASCII that ColBERT drops from documents. */
export const PUNCTUATION: readonly string[] = [
  ..."!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
];

/**
 * Turns documents into packed tokens: `[CLS] marker prompt words [SEP]`.
 *
 * A token whose piece is on the skiplist is encoded like any other, so that its
 * neighbours see it, and does not count in scoring. A listed piece that the vocabulary
 * lacks stands for the unknown token, so that every unknown is dropped: models of ColBERT
 * and PyLate were trained so.
 *
 * Source: Khattab and Zaharia 2020, section 3.2; PyLate 1.6.0, `models/colbert.py`; ColBERT
 * v2, `modeling/colbert.py`.
 *
 * @param texts The documents, at least one, none empty.
 * @param tokenizer Splits them.
 * @param form Length, marker, prompt, skiplist; ids of the documents, for errors.
 * @returns The batch, documents in the given order.
 * @throws {RangeError} If a document has no token or only dropped ones, or the marker is
 * not in the vocabulary.
 *
 * @example Usage
 * ```ts
 * import { bertTokenizer, packDocuments, PUNCTUATION, wordPieceJson } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tokenizer = bertTokenizer(wordPieceJson("[UNK]\n[CLS]\n[SEP]\n!\nlate\n"));
 * const packed = packDocuments(["Late!"], tokenizer, { length: 300, skiplist: PUNCTUATION });
 * assertEquals([...packed.ids], [1, 4, 3, 2]);
 * assertEquals([...packed.keep], [1, 1, 0, 1]);
 * ```
 */
export function packDocuments(
  texts: readonly string[],
  tokenizer: Tokenizer,
  form: DocumentForm & TextIds,
): PackedTokens {
  const { skiplist = [] } = form;
  const dropped = new Set(
    skiplist.map((piece) => tokenizer.id(piece) ?? tokenizer.special.unknown),
  );
  const rows = framedTokens(texts, tokenizer, { role: "document", ...form });
  return packRows(rows.map((ids, index) => {
    const keep = ids.map((id) => !dropped.has(id));
    if (keep.includes(true)) return { ids, keep };
    throw new RangeError(
      `Cannot encode document ${
        textName(index, form.ids)
      }: expected a token that is not on the skiplist, ` +
        `got ${JSON.stringify(texts[index])}`,
    );
  }));
}
