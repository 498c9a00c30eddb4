import { stream } from "../num/stream.ts";

/** One training query with the documents it may meet. */
export interface TrainingExample {
  /** Query id. */
  readonly query: string;
  /** Ids of its relevant documents, at least one. */
  readonly positives: readonly string[];
  /** Ids of its hard negatives, best first; filled with random documents. */
  readonly negatives: readonly string[];
  /** Teacher scores by document id, where the data has them. */
  readonly teacher?: ReadonlyMap<string, number>;
}

/** What a batch is drawn from. */
export interface TrainingSet {
  /** Number of training queries. */
  readonly size: number;
  /** The example at a position, computed when it is first asked for. */
  example(position: number): TrainingExample;
  /** All document ids, for random negatives. */
  readonly documents: readonly string[];
}

/** The documents one query meets in one step. */
export interface DrawnExample {
  /** Query id. */
  readonly query: string;
  /** Document ids, the positive first; `[ways]`. */
  readonly documents: readonly string[];
  /** Every relevant document of the query, for masking false negatives. */
  readonly positives: readonly string[];
  /** Teacher scores of `documents`, where the data has them. */
  readonly teacher?: readonly number[];
}

/**
 * Draws the examples of one step, as a pure function of seed and step: nothing
 * else has to be stored to continue a run exactly.
 *
 * Every epoch visits every query once, in an order of its own; a rest smaller
 * than a batch is left out. The positive, the negatives and their fillers are
 * drawn per step and place.
 *
 * Random: streams `order/<epoch>` and `documents/<step>`.
 *
 * @param set What to draw from.
 * @param options Step counted from 0, queries a step, documents a query, seed.
 * @returns One drawn example a query, `[batch]`.
 */
export function drawBatch(
  set: TrainingSet,
  options: {
    readonly step: number;
    readonly batch: number;
    readonly ways: number;
    readonly seed: number;
  },
): DrawnExample[] {
  const { step, batch, ways, seed } = options;
  const perEpoch = Math.max(1, Math.floor(set.size / batch));
  const order = epochOrder(set.size, seed, Math.floor(step / perEpoch));
  const first = (step % perEpoch) * batch;
  const random = stream(seed, `documents/${step}`);
  return order.slice(first, first + batch).map((position) => {
    const example = set.example(position);
    const positive = example.positives[
      random.integer(example.positives.length)
    ]!;
    const documents = [positive, ...drawNegatives(example, set, ways - 1)];
    return {
      query: example.query,
      documents,
      positives: example.positives,
      ...(example.teacher && {
        teacher: documents.map((id) => example.teacher!.get(id)!),
      }),
    };
  });

  function drawNegatives(
    example: TrainingExample,
    from: TrainingSet,
    count: number,
  ): string[] {
    const hard = random.sample(
      example.negatives,
      Math.min(count, example.negatives.length),
    );
    const taken = new Set([...hard, ...example.positives]);
    while (
      !example.teacher && hard.length < count &&
      taken.size < from.documents.length
    ) {
      const id = from.documents[random.integer(from.documents.length)]!;
      if (taken.has(id)) continue;
      taken.add(id);
      hard.push(id);
    }
    if (hard.length < count) {
      throw new RangeError(
        `Cannot draw ${ways} documents for query ${example.query}: expected ${count} negatives${
          example.teacher ? " with teacher scores" : ""
        }, got ${hard.length}; use a smaller --ways`,
      );
    }
    return hard;
  }
}

let cached: { key: string; order: readonly number[] } | undefined;

/** The order of one epoch; the last one is kept, being asked for every step. */
function epochOrder(
  size: number,
  seed: number,
  epoch: number,
): readonly number[] {
  const key = `${size}/${seed}/${epoch}`;
  if (cached?.key !== key) {
    const positions = Array.from({ length: size }, (_, i) => i);
    cached = { key, order: stream(seed, `order/${epoch}`).shuffle(positions) };
  }
  return cached.order;
}
