import { isObject } from "./tokenizer_pipeline.ts";

/** Transformers' classes that normalise by their own settings. */
const CLASSES = /^(Distil)?BertTokenizer(Fast)?$/;

/**
 * Puts the settings of a BERT's `tokenizer_config.json` into its `tokenizer.json`, which
 * transformers lets them overrule: `do_lower_case` (absent: yes), `strip_accents` (absent:
 * as lower-casing) and `tokenize_chinese_chars` (absent: yes).
 *
 * Only where the file has a BERT's normaliser, and `tokenizer_class` is a BERT's or absent;
 * any other class leaves the normaliser as it is.
 *
 * Source: transformers 5.23, `tokenization_bert.py`; in 4 `tokenization_bert_fast.py`.
 *
 * @param tokenizerJson The parsed `tokenizer.json`.
 * @param config The parsed `tokenizer_config.json`; empty where there is none.
 * @returns The file with those settings; the same object where nothing changes.
 *
 * @example Usage
 * ```ts
 * import { jsonTokenizer, withBertSettings, wordPieceJson } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const json = wordPieceJson("[UNK]\nlate\nLate\n", { lowercase: false });
 * const ids = (config: Record<string, unknown>) =>
 *   jsonTokenizer(withBertSettings(json, config)).encode("Late");
 * assertEquals(ids({ do_lower_case: false }), [2]);
 * assertEquals(ids({}), [1]);
 * assertEquals(ids({ tokenizer_class: "PreTrainedTokenizerFast" }), [2]);
 * ```
 */
export function withBertSettings(
  tokenizerJson: unknown,
  config: Readonly<Record<string, unknown>>,
): unknown {
  if (!isObject(tokenizerJson)) return tokenizerJson;
  const { normalizer } = tokenizerJson;
  const { tokenizer_class: name } = config;
  const applies = isObject(normalizer) &&
    normalizer.type === "BertNormalizer" &&
    (typeof name !== "string" || CLASSES.test(name));
  if (!applies) return tokenizerJson;
  const settings = settingsOf(config);
  const same = Object.entries(settings).every(([field, value]) =>
    (normalizer[field] ?? null) === value
  );
  if (same) return tokenizerJson;
  return { ...tokenizerJson, normalizer: { ...normalizer, ...settings } };
}

/** The normaliser's settings that a configuration asks for. */
function settingsOf(
  { do_lower_case, strip_accents, tokenize_chinese_chars }: Readonly<
    Record<string, unknown>
  >,
): Readonly<Record<string, boolean | null>> {
  return {
    lowercase: do_lower_case !== false,
    strip_accents: typeof strip_accents === "boolean" ? strip_accents : null,
    handle_chinese_chars: tokenize_chinese_chars !== false,
  };
}
