import { compareIds } from "../eval/rank_documents.ts";

/** What best places are chosen among, and how ties fall. */
export interface BestPlacesOptions {
  /** How many are wanted, at least 1. */
  readonly k: number;
  /** Rank of each place's id, from `placesOfIds`: the higher wins a tie. */
  readonly idPlaces: Int32Array;
  /** The only places that count; default all. */
  readonly among?: Int32Array;
}

/**
 * The places of the highest scores, best first, ranked as `rankDocuments` ranks:
 * scores equal as 32-bit floats are tied, and the last id comes first.
 *
 * Cost: one pass with a heap of `k`; nothing is sorted but the winners.
 *
 * @param scores Finite scores, by place.
 * @param options How many, ranks of ids, and which places count.
 * @returns At most `k` places.
 * @throws {RangeError} If `k` is not a whole number of at least 1.
 *
 * @example Usage
 * ```ts
 * import { bestPlaces, placesOfIds } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const idPlaces = placesOfIds(["a", "b", "c"]);
 * assertEquals(bestPlaces([1, 1, 2], { k: 2, idPlaces }), [2, 1]);
 * ```
 */
export function bestPlaces(
  scores: ArrayLike<number>,
  options: BestPlacesOptions,
): number[] {
  const { k, idPlaces, among } = options;
  if (!Number.isSafeInteger(k) || k < 1) {
    throw new RangeError(
      `Cannot search: expected a whole number of results of at least 1, got ${k}`,
    );
  }
  const before = (a: number, b: number) =>
    Math.fround(scores[b]!) - Math.fround(scores[a]!) ||
    idPlaces[b]! - idPlaces[a]!;
  const heap: number[] = [];
  const count = among?.length ?? scores.length;
  for (let at = 0; at < count; at++) {
    const place = among?.[at] ?? at;
    if (heap.length < k) rise(heap, place, before);
    else if (before(place, heap[0]!) < 0) sink(heap, place, before);
  }
  return heap.sort(before);
}

/**
 * The rank of each id among all, in the byte order of UTF-8.
 *
 * @param ids Different ids.
 * @returns `[ids]`, 0 for the first.
 *
 * @example Usage
 * ```ts
 * import { placesOfIds } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...placesOfIds(["d10", "d9", "d1"])], [1, 2, 0]);
 * ```
 */
export function placesOfIds(ids: readonly string[]): Int32Array {
  const order = ids.map((_, place) => place)
    .sort((a, b) => compareIds(ids[a]!, ids[b]!));
  const places = new Int32Array(ids.length);
  order.forEach((place, rank) => places[place] = rank);
  return places;
}

/** Adds a place to a heap whose top is the worst. */
function rise(
  heap: number[],
  place: number,
  before: (a: number, b: number) => number,
): void {
  let at = heap.push(place) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (before(heap[parent]!, place) >= 0) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = place;
}

/** Puts a place where the worst was, and restores the heap. */
function sink(
  heap: number[],
  place: number,
  before: (a: number, b: number) => number,
): void {
  let at = 0;
  while (2 * at + 1 < heap.length) {
    let child = 2 * at + 1;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!) > 0) {
      child++;
    }
    if (before(heap[child]!, place) <= 0) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = place;
}
