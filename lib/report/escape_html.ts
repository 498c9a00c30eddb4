/**
 * Text as HTML shows it letter by letter.
 *
 * @param text Any text.
 *
 * @example Usage
 * ```ts
 * import { escapeHtml } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(escapeHtml("<s>"), "&lt;s&gt;");
 * ```
 */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
