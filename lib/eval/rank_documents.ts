/** A ranking: documents best first, with the scores they were ranked by. */
export interface Ranking {
  /** Document ids, best first. */
  readonly documents: readonly string[];
  /** Their scores, rounded to 32-bit floats, never rising. */
  readonly scores: Float32Array;
}

/**
 * Ranks the documents of one query as trec_eval does: by score rounded to a
 * 32-bit float, highest first, and equal scores by document id, **last id
 * first**, in the byte order of UTF-8.
 *
 * The order in which the documents come, and a rank column of a file, count for
 * nothing. Scores that differ by less than 32-bit floats resolve are equal.
 *
 * Cost: one sort.
 * Source: trec_eval, `form_res_rels.c`, as built into pytrec_eval.
 *
 * @param scores Score by document id.
 * @param options `query` names the query in errors.
 * @returns Documents and rounded scores, best first.
 * @throws {RangeError} If a score is not a number or too large for a 32-bit float.
 *
 * @example Usage
 * ```ts
 * import { rankDocuments } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const scores = new Map([["a", 1], ["b", 1 + 1e-9], ["c", 2]]);
 * assertEquals(rankDocuments(scores).documents, ["c", "b", "a"]);
 * assertEquals(rankDocuments(new Map([["b", 1], ["a", 1]])).documents, ["b", "a"]);
 * ```
 */
export function rankDocuments(
  scores: ReadonlyMap<string, number>,
  options: { readonly query?: string } = {},
): Ranking {
  const ids = [...scores.keys()];
  const rounded = Float32Array.from(scores.values());
  rounded.forEach((score, place) => {
    if (!Number.isFinite(score)) {
      throw badScore(scores.get(ids[place]!)!, ids[place]!, options.query);
    }
  });
  const order = ids.map((_, place) => place).sort((a, b) =>
    rounded[b]! - rounded[a]! || compareIds(ids[b]!, ids[a]!)
  );
  return {
    documents: order.map((place) => ids[place]!),
    scores: Float32Array.from(order, (place) => rounded[place]!),
  };
}

/**
 * Compares two ids by the bytes of their UTF-8, as C's `strcmp` does.
 *
 * JavaScript's `<` compares UTF-16 units, and puts characters beyond U+FFFF
 * before those from U+E000 on; UTF-8 puts them after.
 *
 * @param first An id.
 * @param second Another id.
 * @returns Below 0, 0 or above 0, as a sort wants it.
 *
 * @example Usage
 * ```ts
 * import { compareIds } from "#lib/mod.ts";
 * import { assert } from "@std/assert";
 *
 * assert(compareIds("a", "b") < 0);
 * assert(compareIds("\u{1F600}", "\uFF21") > 0 && "\u{1F600}" < "\uFF21");
 * ```
 */
export function compareIds(first: string, second: string): number {
  const shared = Math.min(first.length, second.length);
  for (let place = 0; place < shared; place++) {
    const [a, b] = [first.charCodeAt(place), second.charCodeAt(place)];
    if (a !== b) return byteRank(a) - byteRank(b);
  }
  return first.length - second.length;
}

/** A UTF-16 unit's place in the byte order of UTF-8: surrogates go last. */
function byteRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** The error of a score that cannot be ranked. */
function badScore(score: number, document: string, query?: string): RangeError {
  const place = query === undefined ? "" : ` of query "${query}"`;
  return new RangeError(
    `Cannot rank documents${place}: expected scores that are finite as 32-bit floats, got ${score} for document "${document}"`,
  );
}
