/** Cuts a text into the tokens that a lexical search counts, in order. */
export type Analyzer = (text: string) => string[];

/**
 * Tokens are what stands between white space: for texts that are already cut.
 *
 * @param text Tokens with white space between them.
 * @returns The tokens, as they are.
 *
 * @example Usage
 * ```ts
 * import { whitespaceTokens } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(whitespaceTokens(" run  the run "), ["run", "the", "run"]);
 * ```
 */
export function whitespaceTokens(text: string): string[] {
  return text.split(/\s+/).filter((token) => token !== "");
}
