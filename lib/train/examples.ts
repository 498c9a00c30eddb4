import type { Dataset, Tuple } from "../dataset/dataset.ts";
import { splitOf } from "../dataset/dataset.ts";
import { hardNegatives, type Ranker } from "../teach/hard_negatives.ts";
import type { TrainingExample, TrainingSet } from "./training_set.ts";

/** Where hard negatives come from. */
export interface ExampleOptions {
  /** The split whose judgements are trained on. */
  readonly split: string;
  /** Whether tuples with teacher scores are what is trained on. */
  readonly distil: boolean;
  /** Hard negatives: those the data brings, a ranking's, or none. */
  readonly negatives: "given" | "none" | Ranker;
}

/**
 * Lists what a dataset offers to train on: one example a query of the split, or
 * one a tuple where tuples are distilled. Mined negatives are looked up when an
 * example is first drawn.
 *
 * @param dataset Queries, documents, judgements.
 * @param options Split and negatives.
 * @returns The examples and all document ids of the training side.
 * @throws {RangeError} If nothing is left to train on.
 */
export function trainingSet(
  dataset: Dataset,
  options: ExampleOptions,
): TrainingSet {
  const { split, distil } = options;
  const make = distil
    ? (dataset.tuples ?? []).filter(({ scores }) => scores)
      .map((tuple) => () => fromTuple(tuple))
    : [...splitOf(dataset, split)].map(([query, grades]) => () =>
      fromJudgements(query, grades, dataset, options)
    );
  if (make.length === 0) {
    throw new RangeError(
      `Cannot train on ${dataset.name}: expected queries in split ${split}, got none`,
    );
  }
  const made: (TrainingExample | undefined)[] = make.map(() => undefined);
  return {
    size: make.length,
    documents: dataset.pools?.[split] ?? [...dataset.documents.keys()],
    example: (at) => made[at] ??= make[at]!(),
  };
}

function fromTuple({ query, documents, scores }: Tuple): TrainingExample {
  return {
    query,
    positives: [documents[0]!],
    // A labelled relevant document is scored by the teacher like any other.
    negatives: documents.slice(1),
    ...(scores && {
      teacher: new Map(documents.map((id, i) => [id, scores[i]!])),
    }),
  };
}

function fromJudgements(
  query: string,
  grades: ReadonlyMap<string, number>,
  dataset: Dataset,
  { negatives }: ExampleOptions,
): TrainingExample {
  const positives = relevantOf(grades);
  if (negatives === "none") return { query, positives, negatives: [] };
  const found = negatives === "given"
    ? givenNegatives(dataset).get(query) ?? []
    : hardNegatives(negatives, dataset.queries.get(query)!, {
      relevant: positives,
    });
  return {
    query,
    positives,
    negatives: found.filter((id) => !positives.includes(id)),
  };
}

/**
 * Whether a dataset brings hard negatives: a list of them, or tuples, whose
 * documents after the first are such.
 *
 * @param dataset The dataset.
 * @returns True where it does.
 */
export function hasGivenNegatives({ negatives, tuples }: Dataset): boolean {
  return negatives !== undefined || tuples !== undefined;
}

/** The negatives of each dataset's tuples, collected once. */
const ofTuples = new WeakMap<Dataset, ReadonlyMap<string, readonly string[]>>();

/** Hard negatives by query: the dataset's list, else those of its tuples. */
function givenNegatives(
  dataset: Dataset,
): ReadonlyMap<string, readonly string[]> {
  if (dataset.negatives) return dataset.negatives;
  const known = ofTuples.get(dataset);
  if (known) return known;
  const found = new Map<string, Set<string>>();
  for (const { query, documents } of dataset.tuples ?? []) {
    const ids = found.get(query) ?? new Set();
    documents.slice(1).forEach((id) => ids.add(id));
    found.set(query, ids);
  }
  const lists = new Map([...found].map(([query, ids]) => [query, [...ids]]));
  ofTuples.set(dataset, lists);
  return lists;
}

function relevantOf(grades: ReadonlyMap<string, number>): string[] {
  return [...grades].filter(([, grade]) => grade > 0).map(([id]) => id);
}
