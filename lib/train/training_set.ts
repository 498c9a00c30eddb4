import { type Stream, stream } from "../num/stream.ts";

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

/** What one step draws. */
export interface DrawOptions {
  /** Step of this set, counted from 0. */
  readonly step: number;
  /** Queries a step. */
  readonly batch: number;
  /** Documents a query. */
  readonly ways: number;
  /** Of the run. */
  readonly seed: number;
  /** Tells the streams of several sources apart. Default: one source. */
  readonly source?: string;
}

/**
 * Draws the examples of one step, as a pure function of seed and step: nothing
 * else has to be stored to continue a run exactly.
 *
 * Every epoch visits every query once, in an order of its own; a rest smaller
 * than a batch is left out. The positive, the negatives and their fillers are
 * drawn per step and place.
 *
 * Random: streams `order/<epoch>` and `documents/<step>`, of several sources
 * `order/<source>/<epoch>` and `documents/<source>/<step>`.
 *
 * @param set What to draw from.
 * @param options Step counted from 0, queries a step, documents a query, seed.
 * @returns One drawn example a query, `[batch]`.
 */
export function drawBatch(
  set: TrainingSet,
  options: DrawOptions,
): DrawnExample[] {
  const { step, batch, ways, seed, source } = options;
  const perEpoch = Math.max(1, Math.floor(set.size / batch));
  const name = source === undefined ? "" : `${source}/`;
  const order = epochOrder(set, {
    seed,
    name: `order/${name}${Math.floor(step / perEpoch)}`,
  });
  const first = (step % perEpoch) * batch;
  const random = stream(seed, `documents/${name}${step}`);
  return order.slice(first, first + batch).map((position) => {
    const example = set.example(position);
    const positive = example.positives[
      random.integer(example.positives.length)
    ]!;
    const negatives = drawNegatives(example, set, [ways - 1, random]);
    return drawn(example, [positive, ...negatives]);
  });
}

/** An example with the documents it meets. */
function drawn(
  { query, positives, teacher }: TrainingExample,
  documents: readonly string[],
): DrawnExample {
  return {
    query,
    documents,
    positives,
    ...(teacher && { teacher: documents.map((id) => teacher.get(id)!) }),
  };
}

/** So many hard negatives, filled up with documents at random where there is no teacher. */
function drawNegatives(
  example: TrainingExample,
  { documents }: TrainingSet,
  [count, random]: readonly [number, Stream],
): string[] {
  const hard = random.sample(
    example.negatives,
    Math.min(count, example.negatives.length),
  );
  const taken = new Set([...hard, ...example.positives]);
  while (
    !example.teacher && hard.length < count && taken.size < documents.length
  ) {
    const id = documents[random.integer(documents.length)]!;
    if (taken.has(id)) continue;
    taken.add(id);
    hard.push(id);
  }
  if (hard.length < count) {
    throw new RangeError(
      `Cannot draw ${
        count + 1
      } documents for query ${example.query}: expected ${count} negatives${
        example.teacher ? " with teacher scores" : ""
      }, got ${hard.length}; use a smaller --ways`,
    );
  }
  return hard;
}

/** The last order of each set, being asked for every step. */
const orders = new WeakMap<
  TrainingSet,
  { readonly key: string; readonly order: readonly number[] }
>();

/** The order of one epoch, from the stream of that name. */
function epochOrder(
  set: TrainingSet,
  { seed, name }: { readonly seed: number; readonly name: string },
): readonly number[] {
  const key = `${seed}/${name}`;
  const known = orders.get(set);
  if (known?.key === key) return known.order;
  const positions = Array.from({ length: set.size }, (_, i) => i);
  const order = stream(seed, name).shuffle(positions);
  orders.set(set, { key, order });
  return order;
}
