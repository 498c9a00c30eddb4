import type { Tokenizer } from "./tokenizer.ts";

/** A token of a pair's template: a side, or a special token's text. */
type Piece = { readonly side: unknown } | { readonly token: unknown };

/**
 * Says how many [SEP] a `tokenizer.json` puts between the two sides of a pair.
 *
 * The form must be `[CLS] A [SEP] B [SEP]` or `[CLS] A [SEP] [SEP] B [SEP]`; any other
 * would give a cross-encoder a text it was not trained on, and is refused.
 *
 * Source: the post-processors of Hugging Face's Rust tokenizers: `BertProcessing`,
 * `RobertaProcessing`, `TemplateProcessing`, and sequences of them.
 *
 * @param json The parsed `tokenizer.json`.
 * @param tokenizer The tokenizer made of it, which knows [CLS] and [SEP].
 * @returns The number, or nothing where the file has no such post-processor.
 * @throws {RangeError} If the form is another one.
 *
 * @example Usage
 * ```ts
 * import { bertTokenizer, pairSeparators, wordPieceJson } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const json = wordPieceJson("[UNK]\n[CLS]\n[SEP]\nlate\n");
 * const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
 * const side = (id: string) => ({ Sequence: { id, type_id: 0 } });
 * const pair = [special("[CLS]"), side("A"), special("[SEP]"), side("B"), special("[SEP]")];
 * const post_processor = { type: "TemplateProcessing", pair };
 * assertEquals(pairSeparators({ ...json, post_processor }, bertTokenizer(json)), 1);
 * assertEquals(pairSeparators(json, bertTokenizer(json)), undefined);
 * ```
 */
export function pairSeparators(
  json: object,
  { id, special }: Pick<Tokenizer, "id" | "special">,
): 1 | 2 | undefined {
  const { post_processor } = json as { readonly post_processor?: unknown };
  const pieces = templateOf(post_processor);
  if (typeof pieces === "number" || pieces === undefined) return pieces;
  const written = pieces.map((piece) => {
    if ("side" in piece) return piece.side;
    const place = typeof piece.token === "string" ? id(piece.token) : undefined;
    if (place !== undefined && place === special.cls) return "[CLS]";
    return place !== undefined && place === special.sep ? "[SEP]" : piece.token;
  }).join(" ");
  if (written === "[CLS] A [SEP] B [SEP]") return 1;
  if (written === "[CLS] A [SEP] [SEP] B [SEP]") return 2;
  throw new RangeError(
    "Cannot read tokenizer.json: expected a pair of the form [CLS] A [SEP] B [SEP], " +
      `with one or two [SEP] between, got ${
        JSON.stringify(written.slice(0, 80))
      }`,
  );
}

/** The template of a pair, or at once the number of its separators. */
function templateOf(processor: unknown): readonly Piece[] | 1 | 2 | undefined {
  const { type, pair, processors } = (processor ?? {}) as {
    readonly type?: unknown;
    readonly pair?: unknown;
    readonly processors?: unknown;
  };
  if (type === "BertProcessing") return 1;
  if (type === "RobertaProcessing") return 2;
  if (type === "Sequence" && Array.isArray(processors)) {
    return processors.map(templateOf).find((found) => found !== undefined);
  }
  if (type !== "TemplateProcessing" || !Array.isArray(pair)) return undefined;
  return pair.map((piece) =>
    piece?.Sequence === undefined
      ? { token: piece?.SpecialToken?.id }
      : { side: piece.Sequence.id }
  );
}
