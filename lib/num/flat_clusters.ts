import type { Merge } from "./ward_linkage.ts";

/**
 * Cuts a hierarchical clustering into at most so many clusters.
 *
 * The cut is at the lowest height that leaves no more than `most`: merges of equal
 * height are all made or none, so that ties can leave fewer.
 *
 * Source: scipy's `fcluster(criterion="maxclust")`, the same clusters in the same
 * order: of a merge first the merges below it, then its single items.
 *
 * @param merges From {@linkcode wardLinkage}, lowest first.
 * @param most Clusters at most, at least 1.
 * @returns Items of each cluster, ascending.
 *
 * @example Usage
 * ```ts
 * import { flatClusters, wardLinkage } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const merges = wardLinkage(Float64Array.of(0, 1, 5, 1, 0, 5, 5, 5, 0));
 * assertEquals(flatClusters(merges, 2), [[0, 1], [2]]);
 * ```
 */
export function flatClusters(
  merges: readonly Merge[],
  most: number,
): number[][] {
  const items = merges.length + 1;
  if (most >= items) return Array.from({ length: items }, (_, i) => [i]);
  const cut = merges[items - most - 1]!.height;
  const clusters: number[][] = [];
  const pending: [number, boolean][] = [[2 * items - 2, false]];
  while (pending.length > 0) {
    const [cluster, isOpened] = pending.pop()!;
    if (cluster < items) {
      clusters.push([cluster]);
      continue;
    }
    const { clusters: parts, height } = merges[cluster - items]!;
    if (height <= cut) {
      clusters.push(itemsOf(cluster, merges));
      continue;
    }
    const [single, merged] = [
      parts.filter((part) => part < items),
      parts.filter((part) => part >= items),
    ];
    if (isOpened) single.forEach((item) => clusters.push([item]));
    else {
      pending.push([cluster, true]);
      merged.reverse().forEach((part) => pending.push([part, false]));
    }
  }
  return clusters;
}

/** All items below a merge, ascending. */
function itemsOf(cluster: number, merges: readonly Merge[]): number[] {
  const items = merges.length + 1;
  const [found, pending]: [number[], number[]] = [[], [cluster]];
  while (pending.length > 0) {
    const next = pending.pop()!;
    if (next < items) found.push(next);
    else pending.push(...merges[next - items]!.clusters);
  }
  return found.sort((a, b) => a - b);
}
