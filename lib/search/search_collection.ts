import type { Run } from "../eval/run.ts";
import type { Progress } from "../num/progress.ts";
import { encodeDocuments, encodeQueries } from "./encode_collection.ts";
import { searchExactly } from "./exact_max_sim.ts";
import type { Retriever } from "./retriever.ts";

/** What is searched, and for what. */
export interface SearchTask {
  /** Query texts by id. */
  readonly queries: ReadonlyMap<string, string>;
  /** Document texts by id. */
  readonly documents: ReadonlyMap<string, string>;
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
  bed: SearchTask,
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
