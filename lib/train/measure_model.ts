import type { Qrels, Run } from "../eval/run.ts";
import type { Progress } from "../num/progress.ts";
import { searchExactly } from "../search/exact_max_sim.ts";
import {
  encodeDocuments,
  encodeQueries,
  type Retriever,
} from "./encode_texts.ts";

/** Queries with their collection and judgements: what a model is measured on. */
export interface TestBed {
  /** Query texts by id. */
  readonly queries: ReadonlyMap<string, string>;
  /** Document texts by id. */
  readonly documents: ReadonlyMap<string, string>;
  /** Judgements. */
  readonly qrels: Qrels;
}

/** Settings of a search over a whole collection. */
export interface SearchCollectionOptions {
  /** Documents kept for each query, default 100. */
  readonly depth?: number;
  /** Told after every part of the collection. */
  readonly progress?: Progress;
  /** What the progress says. */
  readonly label?: string;
  /** Stops between two parts. */
  readonly signal?: AbortSignal;
}

/**
 * Searches a collection exactly: encodes all queries, then the documents part by
 * part, and keeps the best of each query.
 *
 * @param retriever The model.
 * @param bed Queries and documents.
 * @param options Depth, progress, signal.
 * @returns The run.
 */
export async function searchCollection(
  retriever: Retriever,
  bed: Pick<TestBed, "queries" | "documents">,
  options: SearchCollectionOptions = {},
): Promise<Run> {
  const { depth = 100, ...encoding } = options;
  const queries = encodeQueries(retriever, bed.queries);
  try {
    const parts = encodeDocuments(retriever, bed.documents, encoding);
    return await searchExactly(queries, parts, { depth });
  } finally {
    queries.vectors.values.dispose();
  }
}
