import type { TokenVectors } from "../encoder/encoder.ts";
import { read } from "../engine/tensor.ts";
import { flatClusters } from "../num/flat_clusters.ts";
import { wardLinkage } from "../num/ward_linkage.ts";
import { countingTokens } from "./counting_tokens.ts";
import { meanOfRows } from "../engine/ops/mean_of_rows.ts";

/** Settings of {@linkcode wardPool}. */
export interface WardPoolOptions {
  /** How many tokens become one, on average; whole, at least 1. Default 2. */
  readonly factor?: number;
  /** Counting tokens at the beginning that stay as they are, such as `[CLS]`. Default 1. */
  readonly protectedTokens?: number;
}

/** Rows of a matrix in plain memory. */
interface Rows {
  readonly values: Float32Array | Float64Array;
  readonly dim: number;
}

/**
 * Makes fewer vectors of a text: clusters its tokens by their cosines and puts
 * the mean of each cluster in their place.
 *
 *     clusters = Ward's linkage over 1 - cosine, cut into floor(tokens / factor), at least 1
 *     pooled[c] = mean of the vectors of cluster c
 *
 * Tokens that do not count are gone from the result, of which all tokens count;
 * protected ones come first, in their order. The means are shorter than 1 and are
 * not scaled up again: a cluster that agrees scores higher than one that does not.
 * Queries are not pooled. Only which tokens go together is fixed; the gradient flows
 * through the means.
 *
 * Cost: `tokens^2` time and memory a text, on one core; reads the vectors.
 * Source: Clavié, Chaffin and Adams 2024 (Reducing the footprint of multi-vector
 * retrieval with minimal performance impact via token pooling), section 2; PyLate's
 * `pool_embeddings_hierarchical`, the same clusters in the same order.
 * Differs: PyLate takes dot products for cosines, the same for unit vectors, and in
 * 32 bits; here they are cosines, in 64. A vector of zeros has cosine 0 with all.
 *
 * @param vectors Token vectors of the texts, such as documents.
 * @param options Factor and protected tokens.
 * @returns Token vectors of the same texts, `[fewer tokens, dim]`; the caller
 * disposes their values.
 * @throws {RangeError} If a setting is out of range, a text has no counting token or a
 * vector is not finite, naming the text.
 *
 * @example Usage
 * ```ts
 * import { read, tensorOf, useEngine, wardPool } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const document = {
 *   values: tensorOf([0, 1, 1, 0, 1, 0, 0, -1, 0, -1], [5, 2]),
 *   offsets: new Int32Array([0, 5]),
 *   keep: new Uint8Array(5).fill(1),
 * };
 * const { values, offsets } = wardPool(document, { factor: 2 });
 * assertEquals([...offsets], [0, 3]); // the first, and two pairs of equals
 * assertEquals([...read(values)], [0, 1, 1, 0, 0, -1]);
 * ```
 */
export function wardPool(
  vectors: TokenVectors,
  options: WardPoolOptions = {},
): TokenVectors {
  const { factor = 2, protectedTokens = 1 } = options;
  checkWhole("factor", factor, 1);
  checkWhole("protectedTokens", protectedTokens, 0);
  const counting = countingTokens(vectors, "pool text");
  const rows = { values: read(vectors.values), dim: vectors.values.shape[1]! };
  const groups = counting.map((tokens, text) => [
    ...tokens.slice(0, protectedTokens).map((token) => [token]),
    ...clustersOf(tokens.slice(protectedTokens), [rows, text, factor]),
  ]);
  const offsets = new Int32Array(groups.length + 1);
  groups.forEach((own, text) =>
    offsets[text + 1] = offsets[text]! + own.length
  );
  return {
    values: meanOfRows(vectors.values, groups.flat()),
    offsets,
    keep: new Uint8Array(offsets.at(-1)!).fill(1),
  };
}

/** Which tokens go together, the clusters in their order. */
function clustersOf(
  tokens: readonly number[],
  [rows, text, factor]: readonly [Rows, number, number],
): number[][] {
  const most = Math.max(1, Math.floor(tokens.length / factor));
  if (most >= tokens.length) return tokens.map((token) => [token]);
  const merges = wardLinkage(cosineDistances(tokens, rows, text));
  return flatClusters(merges, most)
    .map((cluster) => cluster.map((place) => tokens[place]!));
}

/** 1 minus the cosine of every two tokens, `[tokens * tokens]`. */
function cosineDistances(
  tokens: readonly number[],
  { values, dim }: Rows,
  text: number,
): Float64Array {
  const vectors = tokens.map((token) =>
    Float64Array.from(values.subarray(token * dim, (token + 1) * dim))
  );
  const units = vectors.map((vector) => {
    const length = Math.hypot(...vector);
    if (!Number.isFinite(length)) {
      throw new RangeError(
        `Cannot pool text ${text}: expected finite vectors, got one of length ${length}`,
      );
    }
    return length === 0 ? vector : vector.map((value) => value / length);
  });
  const distances = new Float64Array(tokens.length ** 2);
  for (let i = 0; i < units.length; i++) {
    for (let j = 0; j < i; j++) {
      const distance = 1 - dot(units[i]!, units[j]!);
      distances[i * tokens.length + j] = distance;
      distances[j * tokens.length + i] = distance;
    }
  }
  return distances;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let h = 0; h < a.length; h++) sum += a[h]! * b[h]!;
  return sum;
}

/** Refuses what is no whole number from `least`. */
function checkWhole(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new RangeError(
    `Cannot pool tokens: expected ${name} whole and at least ${least}, got ${value}`,
  );
}
