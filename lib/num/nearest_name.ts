/**
 * Finds the known name that a mistyped one most resembles, by edit distance
 * with swaps of neighbours counted as one.
 *
 * Range: a name further than half of its own length is no suggestion.
 * Cost: product of the two lengths, for each known name.
 * Source: Damerau 1964; restricted form (no edit inside a swapped pair).
 *
 * @param name What was written.
 * @param known The names that exist.
 * @returns The nearest known name, or `undefined` where none is near.
 *
 * @example Usage
 * ```ts
 * import { nearestName } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(nearestName("optimiser", ["optimizer", "loss"]), "optimizer");
 * assertEquals(nearestName("zzz", ["optimizer", "loss"]), undefined);
 * ```
 */
export function nearestName(
  name: string,
  known: Iterable<string>,
): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, name.length / 2);
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance || (distance === bestDistance && !best)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Edits (insert, delete, replace, swap neighbours) from one word to another. */
function editDistance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = rows[i - 1]![j - 1]! +
        (from[i - 1] === to[j - 1] ? 0 : 1);
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, replaced);
      if (
        i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      ) {
        row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
      }
    }
    rows.push(row);
  }
  return rows[from.length]![to.length]!;
}
