import type { Tokenizer } from "./tokenizer.ts";

/** Which special token each field of a configuration names. */
const FIELDS = {
  cls: "cls_token",
  sep: "sep_token",
  mask: "mask_token",
  pad: "pad_token",
  unknown: "unk_token",
} as const;

/** What a vocabulary calls them where nothing says so. */
const USUAL = {
  cls: ["[CLS]", "<s>"],
  sep: ["[SEP]", "</s>"],
  mask: ["[MASK]", "<mask>"],
  pad: ["[PAD]", "<pad>"],
  unknown: ["[UNK]", "<unk>"],
} as const;

/**
 * Finds the ids of the special tokens.
 *
 * A name comes from the configuration (`"[CLS]"`, or an object with `content`), else
 * from `model.unk_token`, else it is BERT's usual one, then RoBERTa's; a name that the vocabulary
 * lacks is left out.
 *
 * @param json The parsed `tokenizer.json`.
 * @param options The configuration, and how to look an id up.
 * @returns The ids by role.
 * @throws {SyntaxError} If the configuration names a token that the vocabulary lacks.
 *
 * @example Usage
 * ```ts
 * import { specialTokens } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const ids = new Map([["[CLS]", 101], ["<m>", 4]]);
 * const special = specialTokens({ model: {} }, {
 *   config: { mask_token: { content: "<m>" } },
 *   id: (token) => ids.get(token),
 * });
 * assertEquals(special, { cls: 101, mask: 4 });
 * ```
 */
export function specialTokens(
  json: { readonly model: { readonly unk_token?: string } },
  { config, id }: {
    readonly config: Readonly<Record<string, unknown>>;
    readonly id: (token: string) => number | undefined;
  },
): Tokenizer["special"] {
  const found: Partial<Record<keyof typeof FIELDS, number>> = {};
  for (const role of Object.keys(FIELDS) as (keyof typeof FIELDS)[]) {
    const named = nameOf(config[FIELDS[role]]);
    const names = named !== undefined
      ? [named]
      : role === "unknown" && json.model.unk_token !== undefined
      ? [json.model.unk_token]
      : USUAL[role];
    const ids = names.map(id).filter((value) => value !== undefined);
    if (ids[0] !== undefined) found[role] = ids[0];
    else if (named !== undefined) {
      throw new SyntaxError(
        `Cannot read tokenizer configuration: expected ${
          FIELDS[role]
        } "${named}" in the vocabulary, got none`,
      );
    }
  }
  return found;
}

/** A token's spelling in either of the forms that configurations use. */
function nameOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : undefined;
}
