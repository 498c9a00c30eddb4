import type { Dataset } from "../dataset/dataset.ts";
import { poolOf } from "../dataset/dataset.ts";
import type { Run } from "../eval/run.ts";
import { tf } from "../engine/tensor.ts";
import { withoutHead } from "../encoder/without_head.ts";
import { analyzerFor } from "../search/analyzer_for.ts";
import { type Bm25, bm25 } from "../search/bm25.ts";
import type { Model } from "../store/model/model.ts";
import { parametersOf } from "../search/retriever.ts";
import {
  searchCollection,
  type SearchCollectionOptions,
} from "../search/search_collection.ts";
import type { TestBed } from "./test_bed.ts";

/** Documents kept for each query when a run is measured. */
const DEPTH = 100;

/**
 * Ranks by words alone.
 *
 * @param index The collection's index.
 * @param bed The queries.
 * @returns The best 100 documents of each query.
 */
export function wordsRun(index: Bm25, bed: Pick<TestBed, "queries">): Run {
  return new Map([...bed.queries].map(([id, text]) => [
    id,
    new Map(index.search(text, DEPTH)),
  ]));
}

/**
 * Ranks with a model as it came: its encoder's token states, without a head, and
 * queries without [MASK] tokens, which an encoder that never trained with them
 * ranks worse with (MiniLM on SciFact: nDCG@10 .727 against .754).
 *
 * @param model The model, untrained.
 * @param bed Queries and documents.
 * @param options Progress, signal.
 * @returns The best 100 documents of each query.
 */
export async function untrainedRun(
  model: Model,
  bed: TestBed,
  options: SearchCollectionOptions = {},
): Promise<Run> {
  const parameters = parametersOf(model.parameters);
  const retriever = {
    ...model,
    encoder: withoutHead(model.encoder),
    queryForm: { ...model.queryForm, expansion: "none" as const },
    parameters,
  };
  try {
    return await searchCollection(retriever, bed, { depth: DEPTH, ...options });
  } finally {
    tf.dispose(parameters);
  }
}

/**
 * Makes the BM25 indexes of a dataset when they are first asked for; splits that
 * search the same documents share one.
 *
 * @param dataset The documents.
 * @returns The index that a split searches.
 */
export function bm25Indexes(dataset: Dataset): (split: string) => Bm25 {
  const made = new Map<unknown, Bm25>();
  return (split) => {
    const key = dataset.pools?.[split] ?? dataset.documents;
    const found = made.get(key);
    if (found) return found;
    const documents = poolOf(dataset, split);
    const index = bm25(documents, { tokens: analyzerFor(documents.values()) });
    made.set(key, index);
    return index;
  };
}
