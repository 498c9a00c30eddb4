import type { PairForm } from "./pair_form.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** How a `tokenizer.json` joins two texts. */
export type PairTemplate = Required<Pick<PairForm, "separators" | "segments">>;

/** The forms that a pair may have, each token with its segment. */
const FORMS: Readonly<Record<string, PairTemplate>> = {
  "[CLS]:0 A:0 [SEP]:0 B:1 [SEP]:1": { separators: 1, segments: true },
  "[CLS]:0 A:0 [SEP]:0 B:0 [SEP]:0": { separators: 1, segments: false },
  "[CLS]:0 A:0 [SEP]:0 [SEP]:0 B:1 [SEP]:1": { separators: 2, segments: true },
  "[CLS]:0 A:0 [SEP]:0 [SEP]:0 B:0 [SEP]:0": { separators: 2, segments: false },
};

/** Older kinds of post-processor, whose forms are fixed. */
const FIXED: Readonly<Record<string, PairTemplate>> = {
  BertProcessing: { separators: 1, segments: true },
  RobertaProcessing: { separators: 2, segments: false },
};

/**
 * Says how a `tokenizer.json` joins the two sides of a pair: how many [SEP] it puts between
 * them, and whether the second side is segment 1.
 *
 * A form of other tokens, or in another order, would give a cross-encoder a text that it
 * was not trained on, and is refused.
 *
 * Source: the post-processors of Hugging Face's Rust tokenizers: `BertProcessing`,
 * `RobertaProcessing`, `TemplateProcessing`, and a sequence of them.
 *
 * @param json The parsed `tokenizer.json`.
 * @param tokenizer The tokenizer made of it, which knows [CLS] and [SEP].
 * @returns The form, or nothing where the file has no such post-processor.
 * @throws {RangeError} If the form is another one.
 *
 * @example Usage
 * ```ts
 * import { bertTokenizer, pairTemplate, wordPieceJson } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const json = wordPieceJson("[UNK]\n[CLS]\n[SEP]\nlate\n");
 * const post_processor = { type: "BertProcessing", cls: ["[CLS]", 1], sep: ["[SEP]", 2] };
 * assertEquals(pairTemplate({ ...json, post_processor }, bertTokenizer(json)), {
 *   separators: 1,
 *   segments: true,
 * });
 * assertEquals(pairTemplate(json, bertTokenizer(json)), undefined);
 * ```
 */
export function pairTemplate(
  json: object,
  tokenizer: Pick<Tokenizer, "id" | "special">,
): PairTemplate | undefined {
  const { post_processor: last } = json as {
    readonly post_processor?: PostProcessor | null;
  };
  const all = last?.type === "Sequence" ? last.processors : [last];
  for (const one of Array.isArray(all) ? all as (PostProcessor | null)[] : []) {
    const { type, pair } = one ?? {};
    if (Object.hasOwn(FIXED, String(type))) return FIXED[String(type)];
    if (type === "TemplateProcessing" && Array.isArray(pair)) {
      return formOf(pair, tokenizer);
    }
  }
}

/** What is looked at of a post-processor, which may be hostile. */
interface PostProcessor {
  readonly type?: unknown;
  readonly pair?: unknown;
  readonly processors?: unknown;
}

/** The form that a template writes. */
function formOf(
  pair: readonly unknown[],
  { id, special }: Pick<Tokenizer, "id" | "special">,
): PairTemplate {
  const written = pair.map((piece) => {
    const { Sequence: side, SpecialToken: token } = (piece ?? {}) as Readonly<
      Record<string, { readonly id?: unknown; readonly type_id?: unknown }>
    >;
    const name = String((side ?? token)?.id);
    const place = side === undefined ? id(name) : undefined;
    const sign = place === undefined
      ? name
      : place === special.cls
      ? "[CLS]"
      : place === special.sep
      ? "[SEP]"
      : name;
    return `${sign}:${(side ?? token)?.type_id}`;
  }).join(" ");
  if (Object.hasOwn(FORMS, written)) return FORMS[written]!;
  throw new RangeError(
    "Cannot read tokenizer.json: expected a pair of the form [CLS] A [SEP] B [SEP], with one " +
      `or two [SEP] between and B of segment 0 or 1, got ${
        JSON.stringify(written.slice(0, 120))
      }`,
  );
}
