/** Consecutive texts of one length. */
export interface LengthGroup {
  /** First text. */
  readonly text: number;
  /** Texts in the group. */
  readonly count: number;
  /** Tokens of each text. */
  readonly length: number;
  /** Position of the first token. */
  readonly start: number;
}

/**
 * Splits packed texts into runs of consecutive texts of equal length.
 *
 * A group is a rectangle without padding, so an engine can run it as one stack of
 * matrices. Texts sorted by length make few groups; the order never changes a
 * result.
 *
 * @param offsets Where each text begins, `[texts + 1]`.
 * @returns The groups in order; empty texts make groups of length 0.
 *
 * @example Usage
 * ```ts
 * import { lengthGroups } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(lengthGroups(Int32Array.of(0, 2, 4, 7)), [
 *   { text: 0, count: 2, length: 2, start: 0 },
 *   { text: 2, count: 1, length: 3, start: 4 },
 * ]);
 * ```
 */
export function lengthGroups(offsets: Int32Array): LengthGroup[] {
  const groups: LengthGroup[] = [];
  let text = 0;
  while (text + 1 < offsets.length) {
    const length = offsets[text + 1]! - offsets[text]!;
    let end = text + 1;
    while (
      end + 1 < offsets.length && offsets[end + 1]! - offsets[end]! === length
    ) end++;
    groups.push({ text, count: end - text, length, start: offsets[text]! });
    text = end;
  }
  return groups;
}
