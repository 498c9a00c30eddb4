import type { TokenVectors } from "../encoder/encoder.ts";

/**
 * The rows of each text whose tokens count.
 *
 * @param vectors Token vectors of the texts.
 * @param action What is being done, for the message.
 * @returns Row numbers, a list a text.
 * @throws {RangeError} If a text has no counting token, naming it.
 */
export function countingTokens(
  vectors: Pick<TokenVectors, "offsets" | "keep">,
  action: string,
): number[][] {
  const { offsets, keep } = vectors;
  return Array.from({ length: offsets.length - 1 }, (_, text) => {
    const rows: number[] = [];
    for (let row = offsets[text]!; row < offsets[text + 1]!; row++) {
      if (keep[row]) rows.push(row);
    }
    if (rows.length > 0) return rows;
    throw new RangeError(
      `Cannot ${action} ${text}: expected at least one counting token, got none`,
    );
  });
}
