import type { Stream } from "../num/stream.ts";
import { type Dataset, splitOf } from "./dataset.ts";

/** Settings of {@link carveDev}. */
export interface CarveOptions {
  /** Share of the training queries, above 0 and below 1. Default 0.1. */
  readonly fraction?: number;
  /** Most queries taken; default 500. */
  readonly most?: number;
}

/**
 * Takes queries out of `train` to tune on, for a dataset without `dev`.
 *
 * The queries leave `train`, with their negatives and tuples; documents stay
 * where they are, so a document may be relevant on both sides.
 *
 * Random: one shuffle of the training queries.
 *
 * @param dataset A dataset with `train`.
 * @param random Which queries; the same stream takes the same ones.
 * @param options How many.
 * @returns The dataset with `dev`, and `train` without it; unchanged where it
 * has `dev` already.
 * @throws {RangeError} If the fraction is not between 0 and 1, or `train` has
 * fewer than two queries.
 *
 * @example Usage
 * ```ts
 * import { carveDev, stream } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const train = new Map(["a", "b", "c"].map((id) => [id, new Map([["d", 1]])]));
 * const dataset = { name: "toy", queries: new Map(), documents: new Map(), qrels: { train } };
 * const { qrels } = carveDev(dataset, stream(1, "dev"), { fraction: 0.34 });
 * assertEquals([qrels.train?.size, qrels.dev?.size], [2, 1]);
 * ```
 */
export function carveDev(
  dataset: Dataset,
  random: Stream,
  { fraction = 0.1, most = 500 }: CarveOptions = {},
): Dataset {
  if (dataset.qrels.dev !== undefined) return dataset;
  const train = splitOf(dataset, "train");
  if (!(fraction > 0 && fraction < 1) || train.size < 2) {
    throw new RangeError(
      `Cannot carve dev out of ${dataset.name}: expected a fraction between 0 and 1 ` +
        `of at least 2 training queries, got ${fraction} of ${train.size}`,
    );
  }
  const count = Math.min(
    most,
    train.size - 1,
    Math.max(1, Math.round(fraction * train.size)),
  );
  const taken = new Set(random.sample([...train.keys()], count));
  const side = <V>(map: ReadonlyMap<string, V>, isDev: boolean) =>
    new Map([...map].filter(([id]) => taken.has(id) === isDev));
  const { negatives, tuples } = dataset;
  return {
    ...dataset,
    qrels: {
      ...dataset.qrels,
      train: side(train, false),
      dev: side(train, true),
    },
    ...(negatives && { negatives: side(negatives, false) }),
    ...(tuples && { tuples: tuples.filter(({ query }) => !taken.has(query)) }),
  };
}
