import { wardPool, type WardPoolOptions } from "../score/ward_pool.ts";
import type { EncodedDocuments } from "./exact_max_sim.ts";

/** How many vectors an index of the documents would hold. */
export interface VectorCount {
  /** Tokens that count, before pooling. */
  readonly before: number;
  /** Vectors that are left, after it. */
  readonly after: number;
}

/** How the documents of a collection are pooled. */
export interface PooledDocumentsOptions extends WardPoolOptions {
  /**
   * Told after every part.
   *
   * @param count Vectors of all parts so far.
   */
  readonly counted?: (count: VectorCount) => void;
}

/**
 * Pools the token vectors of every document by `wardPool`, part by part; queries stay
 * as they are.
 *
 *     vectors of a document = protected + max(1, floor((tokens - protected) / factor))
 *
 * A factor of 1 leaves the parts untouched. Protected tokens count from the
 * document's start, `[CLS]` before the document's mark.
 *
 * Cost: that of `wardPool`, a document.
 * Source: Clavié, Chaffin and Adams 2024 (token pooling), section 2; PyLate's `encode`
 * with `pool_factor` and `protected_tokens`, which has the factor 1 where none is given.
 * Differs: here, as in `wardPool`, a factor that is not given is 2.
 *
 * @param documents Encoded parts of a collection; disposed as they are pooled.
 * @param options Factor, protected tokens, and who is told.
 * @returns The parts, with fewer vectors; whoever takes one disposes its vectors.
 * @throws {RangeError} As `wardPool`.
 *
 * @example Usage
 * ```ts
 * import { pooledDocuments, tensorOf, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const values = tensorOf([0, 1, 1, 0, 1, 0, 0, -1, 0, -1], [5, 2]);
 * const offsets = Int32Array.of(0, 5);
 * const vectors = { values, offsets, keep: new Uint8Array(5).fill(1) };
 * const counted = (count: unknown) =>
 *   assertEquals(count, { before: 5, after: 3 });
 * const parts = [{ ids: ["d1"], vectors }];
 * for await (const part of pooledDocuments(parts, { factor: 2, counted })) {
 *   assertEquals([...part.vectors.offsets], [0, 3]);
 *   part.vectors.values.dispose();
 * }
 * ```
 */
export async function* pooledDocuments(
  documents: AsyncIterable<EncodedDocuments> | Iterable<EncodedDocuments>,
  options: PooledDocumentsOptions = {},
): AsyncGenerator<EncodedDocuments> {
  let [before, after] = [0, 0];
  for await (const part of documents) {
    const pooled = options.factor === 1 ? part : pooledPart(part, options);
    before += countOf(part);
    after += countOf(pooled);
    options.counted?.({ before, after });
    yield pooled;
  }
}

function pooledPart(
  { ids, vectors }: EncodedDocuments,
  options: WardPoolOptions,
): EncodedDocuments {
  try {
    return { ids, vectors: wardPool(vectors, options) };
  } finally {
    vectors.values.dispose();
  }
}

/** Tokens that count. */
function countOf({ vectors }: EncodedDocuments): number {
  return vectors.keep.reduce((sum, one) => sum + (one ? 1 : 0), 0);
}
