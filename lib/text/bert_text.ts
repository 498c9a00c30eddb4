/** Ideographs beyond U+FFFF that BERT surrounds with spaces. */
const FAR_IDEOGRAPHS =
  /[\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;

/**
 * Prepares text so that the JavaScript BERT normaliser gives what the Rust one does.
 *
 * Two rules are mended before the package sees the text: a capital sigma is lowered
 * to σ wherever it stands (JavaScript writes ς at the end of a word), and an
 * ideograph beyond U+FFFF becomes a word of its own (the package looks at halves of it).
 *
 * Cost: linear; nothing where neither occurs.
 *
 * @param normalizer The `normalizer` of `tokenizer.json`.
 * @returns What to apply to a text before the package's pipeline.
 *
 * @example Usage
 * ```ts
 * import { bertText } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const prepare = bertText({ type: "BertNormalizer", lowercase: true, handle_chinese_chars: true });
 * assertEquals(prepare("ΟΔΟΣ"), "ΟΔΟσ");
 * ```
 */
export function bertText(normalizer: unknown): (text: string) => string {
  const { type, lowercase, handle_chinese_chars: spaced } =
    (normalizer ?? {}) as Record<string, unknown>;
  if (type !== "BertNormalizer") return (text) => text;
  return (text) => {
    const lowered = lowercase === true ? text.replaceAll("Σ", "σ") : text;
    return spaced === true ? lowered.replace(FAR_IDEOGRAPHS, " $& ") : lowered;
  };
}
