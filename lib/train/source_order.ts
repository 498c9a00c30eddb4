import { stream } from "../num/stream.ts";

/** Where a step of a run with several sources draws from. */
export interface SourceStep {
  /** Index of the source. */
  readonly source: number;
  /** The source's own step, counted from 0. */
  readonly step: number;
}

/**
 * Batches that each source gives in an epoch: whole ones, at least one.
 *
 * @param queries Training queries of each source.
 * @param batch Queries a batch.
 * @returns Batches of each source.
 */
export function batchesOf(
  queries: readonly number[],
  batch: number,
): number[] {
  return queries.map((count) => Math.max(1, Math.floor(count / batch)));
}

/**
 * Says which source each step draws its whole batch from, in proportion to the
 * batches that the sources have.
 *
 * An epoch holds every batch of every source once, in an order of its own, so
 * that the proportion is exact over each epoch; a source's own steps go on in
 * order. Negatives of a batch then come from one source, and cannot be told
 * apart by what they are about. It is a pure function of seed and step: nothing
 * has to be stored to continue a run exactly.
 *
 * Random: stream `sources/<epoch>`; none with one source.
 * Source: sentence-transformers' `ProportionalBatchSampler`, as the first two
 * phases of Chaffin and others 2026 (ColBERT-Zero) use it.
 *
 * @param batches Batches of each source in an epoch, each at least 1.
 * @param seed Of the run.
 * @returns The source of any step counted from 0, and its own step.
 *
 * @example Usage
 * ```ts
 * import { sourceOrder } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const at = sourceOrder([3, 1], 7);
 * const epoch = [0, 1, 2, 3].map(at);
 * assertEquals(epoch.filter(({ source }) => source === 0).map(({ step }) => step), [0, 1, 2]);
 * assertEquals(epoch.filter(({ source }) => source === 1).length, 1);
 * ```
 */
export function sourceOrder(
  batches: readonly number[],
  seed: number,
): (step: number) => SourceStep {
  if (batches.length === 1) return (step) => ({ source: 0, step });
  const labels = batches.flatMap((count, source) =>
    Array.from({ length: count }, () => source)
  );
  let known: { epoch: number; steps: readonly SourceStep[] } | undefined;
  return (step) => {
    const epoch = Math.floor(step / labels.length);
    if (known?.epoch !== epoch) {
      const order = stream(seed, `sources/${epoch}`).shuffle(labels);
      known = { epoch, steps: numbered(order, batches, epoch) };
    }
    return known.steps[step % labels.length]!;
  };
}

/** The steps of an epoch, each with the step of its source. */
function numbered(
  order: readonly number[],
  batches: readonly number[],
  epoch: number,
): SourceStep[] {
  const next = batches.map((count) => epoch * count);
  return order.map((source) => ({ source, step: next[source]!++ }));
}
