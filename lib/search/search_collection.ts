import type { Run } from "../eval/run.ts";
import type { Progress } from "../num/progress.ts";
import { encodeDocuments, encodeQueries } from "./encode_collection.ts";
import { searchExactly } from "./exact_max_sim.ts";
import type { PartsForm } from "../text/document_parts.ts";
import { partedDocuments } from "./parted_documents.ts";
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
  /** How documents are cut into parts, whose best score counts. Default: not at all. */
  readonly parts?: PartsForm;
  /** Told after every part of the collection. */
  readonly progress?: Progress;
  /** What the progress says. */
  readonly label?: string;
  /** Stops between two parts. */
  readonly signal?: AbortSignal;
}

/**
 * Searches a collection exactly: encodes all queries, then the documents part by
 * part, and keeps the best of each query. Documents longer than the model takes can be
 * cut into parts, of which the best counts (MaxP).
 *
 * @param retriever The model.
 * @param bed Queries and documents.
 * @param options Depth, parts, progress, signal.
 * @returns The run.
 * @throws {RangeError} If the form of the parts is not one.
 */
export async function searchCollection(
  retriever: Retriever,
  bed: SearchTask,
  options: SearchCollectionOptions = {},
): Promise<Run> {
  const { depth = 100, parts: form, ...encoding } = options;
  const cut = form && partedDocuments(bed.documents, form);
  const queries = encodeQueries(retriever, bed.queries, encoding);
  try {
    const parts = encodeDocuments(
      retriever,
      cut?.parts ?? bed.documents,
      encoding,
    );
    return await searchExactly(queries, parts, {
      depth,
      ...(cut && { documentOf: cut.documentOf }),
    });
  } finally {
    queries.vectors.values.dispose();
  }
}
