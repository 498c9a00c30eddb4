import type { Run } from "../eval/run.ts";
import type { Progress } from "../num/progress.ts";
import { encodeDocuments, encodeQueries } from "./encode_collection.ts";
import { searchExactly } from "./exact_max_sim.ts";
import type { PartsForm } from "../text/document_parts.ts";
import { partedDocuments } from "./parted_documents.ts";
import {
  pooledDocuments,
  type PooledDocumentsOptions,
} from "./pooled_documents.ts";
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
  /** How each text's vectors are pooled, and who is told. Default: not at all. */
  readonly pool?: PooledDocumentsOptions;
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
 * cut into parts, of which the best counts (MaxP) or only the first is taken (FirstP,
 * `most: 1`); where their vectors are pooled too, each part is pooled by itself.
 *
 * @param retriever The model.
 * @param bed Queries and documents.
 * @param options Depth, parts, pooling, progress, signal.
 * @returns The run.
 * @throws {RangeError} If the form of the parts or of the pooling is not one.
 *
 * @example Usage
 * ```ts
 * import { loadModel, retrieverOf, searchCollection, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("auto");
 * const retriever = retrieverOf(await loadModel("use-lite"));
 * const queries = new Map([["q", "a small dog"]]);
 * const documents = new Map([["a", "a puppy is a young dog"], ["b", "tax law"]]);
 * const run = await searchCollection(retriever, { queries, documents });
 * assertEquals([...run.get("q")!.keys()], ["a", "b"]);
 * Object.values(retriever.parameters).forEach((tensor) => tensor.dispose());
 * ```
 */
export async function searchCollection(
  retriever: Retriever,
  bed: SearchTask,
  options: SearchCollectionOptions = {},
): Promise<Run> {
  const { depth = 100, parts: form, pool, ...encoding } = options;
  const cut = form && partedDocuments(bed.documents, form);
  const queries = encodeQueries(retriever, bed.queries, encoding);
  try {
    const parts = encodeDocuments(
      retriever,
      cut?.parts ?? bed.documents,
      encoding,
    );
    const held = pool === undefined ? parts : pooledDocuments(parts, pool);
    return await searchExactly(queries, held, {
      depth,
      ...(cut && { documentOf: cut.documentOf }),
    });
  } finally {
    queries.vectors.values.dispose();
  }
}
