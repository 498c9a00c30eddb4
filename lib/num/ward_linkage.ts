/** One merge of a hierarchical clustering. */
export interface Merge {
  /** The two clusters, the lower number first: below `items` an item, else merge `number - items`. */
  readonly clusters: readonly [number, number];
  /** Distance at which they were merged. */
  readonly height: number;
}

/**
 * Merges items step by step, always the two clusters whose union adds least to
 * the sum of squared distances from the clusters' centres (Ward).
 *
 *     d(i, xy) = sqrt(((ni + nx) d(i, x)^2 + (ni + ny) d(i, y)^2 - ni d(x, y)^2) / (ni + nx + ny))
 *
 * The update is exact for Euclidean distances; for others, such as cosine
 * distances, it is a rule of its own, used as it stands.
 *
 * Cost: `items^2` time and 8 bytes of memory each, by chains of nearest neighbours.
 * Source: Ward 1963; Müllner 2011 (Modern hierarchical, agglomerative clustering
 * algorithms), figure 3; the same merges, heights and ties as scipy's
 * `linkage(method="ward")`.
 *
 * @param distances Of every pair, `[items * items]`, symmetric; not changed.
 * @returns `items - 1` merges, lowest first.
 * @throws {RangeError} If a distance is not finite.
 *
 * @example Usage
 * ```ts
 * import { wardLinkage } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const merges = wardLinkage(Float64Array.of(0, 1, 5, 1, 0, 5, 5, 5, 0)); // 3 items
 * assertEquals(merges.map(({ clusters }) => clusters), [[0, 1], [2, 3]]);
 * assertEquals(merges[0]!.height, 1);
 * ```
 */
export function wardLinkage(distances: Float64Array): Merge[] {
  const items = Math.round(Math.sqrt(distances.length));
  const strange = distances.find((distance) => !Number.isFinite(distance));
  if (strange !== undefined) {
    throw new RangeError(
      `Cannot cluster: expected finite distances, got ${strange}`,
    );
  }
  const between = distances.slice();
  const sizes = new Array<number>(items).fill(1);
  const chain: number[] = [];
  const found: Merge[] = [];
  for (let merge = 1; merge < items; merge++) {
    const [a, b, height] = nearestPair(between, sizes, chain);
    const [x, y] = a < b ? [a, b] : [b, a];
    found.push({ clusters: [x, y], height });
    unite(between, sizes, [x, y]);
  }
  return numbered(found.sort((a, b) => a.height - b.height), items);
}

/** Follows nearest neighbours until two are each other's; takes them off the chain. */
function nearestPair(
  between: Float64Array,
  sizes: readonly number[],
  chain: number[],
): [number, number, number] {
  if (chain.length === 0) chain.push(sizes.findIndex((size) => size > 0));
  for (;;) {
    const x = chain.at(-1)!;
    // The one before is preferred among equals, or the chain could go in circles.
    let nearest = chain.at(-2) ?? -1;
    let least = nearest < 0 ? Infinity : between[x * sizes.length + nearest]!;
    for (let i = 0; i < sizes.length; i++) {
      if (sizes[i] === 0 || i === x) continue;
      const distance = between[x * sizes.length + i]!;
      if (distance < least) [least, nearest] = [distance, i];
    }
    if (nearest === chain.at(-2)) {
      chain.length -= 2;
      return [x, nearest, least];
    }
    chain.push(nearest);
  }
}

/** Puts cluster x into cluster y, which gets new distances. */
function unite(
  between: Float64Array,
  sizes: number[],
  [x, y]: readonly [number, number],
): void {
  const items = sizes.length;
  const [nx, ny] = [sizes[x]!, sizes[y]!];
  const apart = between[x * items + y]!;
  sizes[x] = 0;
  sizes[y] = nx + ny;
  for (let i = 0; i < items; i++) {
    const ni = sizes[i]!;
    if (ni === 0 || i === y) continue;
    const [toX, toY] = [between[i * items + x]!, between[i * items + y]!];
    const share = 1 / (nx + ny + ni);
    // Operation by operation as scipy's, so that ties fall alike.
    const square = (ni + nx) * share * toX * toX +
      (ni + ny) * share * toY * toY - ni * share * apart * apart;
    between[i * items + y] = between[y * items + i] = Math.sqrt(square);
  }
}

/** Names each merge's two clusters by the merge that made them. */
function numbered(merges: readonly Merge[], items: number): Merge[] {
  const above = Array.from({ length: 2 * items - 1 }, (_, i) => i);
  const root = (cluster: number): number => {
    while (above[cluster] !== cluster) cluster = above[cluster]!;
    return cluster;
  };
  return merges.map(({ clusters, height }, merge) => {
    const [a, b] = [root(clusters[0]), root(clusters[1])];
    above[a] = above[b] = items + merge;
    return { clusters: a < b ? [a, b] : [b, a], height };
  });
}
