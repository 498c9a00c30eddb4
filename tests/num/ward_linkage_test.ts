import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { flatClusters } from "#lib/num/flat_clusters.ts";
import { stream } from "#lib/num/stream.ts";
import { wardLinkage } from "#lib/num/ward_linkage.ts";
import fixture from "../fixtures/num/clusters.json" with { type: "json" };

/** scipy's labels as items of each cluster, in the order of the labels. */
function clustersOf(labels: readonly number[]): number[][] {
  const clusters: number[][] = [];
  labels.forEach((label, item) => (clusters[label - 1] ??= []).push(item));
  return clusters;
}

for (const { name, distances, merges, heights, labels } of fixture.cases) {
  Deno.test(`wardLinkage() and flatClusters() equal scipy's, merge by merge, of ${name}`, () => {
    const found = wardLinkage(Float64Array.from(distances));
    assertEquals(found.map(({ clusters }) => [...clusters]), merges);
    found.forEach(({ height }, i) =>
      assertAlmostEquals(height, heights[i]!, 1e-15)
    );
    for (const [most, expected] of Object.entries(labels)) {
      assertEquals(flatClusters(found, Number(most)), clustersOf(expected));
    }
  });
}

/** Squared distance of two centres, weighted as Ward's rule weighs a merge. */
function cost(a: readonly number[], b: readonly number[]): number {
  const mean = (x: readonly number[]) => x.reduce((s, v) => s + v) / x.length;
  return Math.sqrt(
    2 * a.length * b.length / (a.length + b.length),
  ) * Math.abs(mean(a) - mean(b));
}

Deno.test("wardLinkage() of points on a line merges at the distance of the centres that Ward's rule states", () => {
  const random = stream(1, "points");
  const points = Array.from({ length: 12 }, () => random.normal());
  const distances = Float64Array.from(
    points.flatMap((a) => points.map((b) => Math.abs(a - b))),
  );
  const members: number[][] = points.map((point) => [point]);
  for (const { clusters: [a, b], height } of wardLinkage(distances)) {
    assertAlmostEquals(height, cost(members[a]!, members[b]!), 1e-12);
    members.push([...members[a]!, ...members[b]!]);
  }
});

Deno.test("wardLinkage() refuses distances that are not finite", () => {
  for (const bad of [NaN, Infinity]) {
    assertThrows(
      () => wardLinkage(Float64Array.of(0, bad, bad, 0)),
      RangeError,
      `Cannot cluster: expected finite distances, got ${bad}`,
    );
  }
});

Deno.test("wardLinkage() of one item merges nothing", () => {
  assertEquals(wardLinkage(Float64Array.of(0)), []);
  assertEquals(flatClusters([], 1), [[0]]);
});
