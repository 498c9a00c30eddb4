import type { Dataset } from "../dataset/dataset.ts";
import { falseNegatives } from "../loss/false_negatives.ts";
import { packDocuments } from "../text/document_form.ts";
import { packQueries } from "../text/query_form.ts";
import type { Retriever } from "../search/retriever.ts";
import type { TrainingBatch } from "./step.ts";
import type { DrawnExample } from "./training_set.ts";

/**
 * Turns drawn examples into the token ids and targets of a step.
 *
 * @param drawn The examples, `[queries]`, each with the same number of documents.
 * @param dataset Where the texts are.
 * @param model Tokenizer and forms.
 * @returns The batch.
 *
 * @example Usage
 * ```ts
 * import { loadModel, tokeniseBatch } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const queries = new Map([["q", "feline"], ["r", "a pet"]]);
 * const documents = new Map([["a", "cat"], ["b", "dog"]]);
 * const batch = tokeniseBatch([
 *   { query: "q", documents: ["a"], positives: ["a"] },
 *   { query: "r", documents: ["b"], positives: ["a", "b"] },
 * ], { name: "pets", queries, documents, qrels: {} }, await loadModel("use-lite"));
 * assertEquals([batch.ways, batch.queries.offsets.length], [1, 3]);
 * assertEquals([...batch.excluded], [0, 0, 1, 0]); // "a" is no negative of "r"
 * ```
 */
export function tokeniseBatch(
  drawn: readonly DrawnExample[],
  dataset: Dataset,
  model: Pick<Retriever, "tokenizer" | "queryForm" | "documentForm">,
): TrainingBatch {
  const { tokenizer, queryForm, documentForm } = model;
  const ids = drawn.flatMap((example) => example.documents);
  const asked = drawn.map(({ query }) => query);
  const ways = ids.length / drawn.length;
  const relevant = drawn.map(({ positives }) => new Set(positives));
  const scores = drawn.flatMap(({ teacher }) => teacher ?? []);
  return {
    queries: packQueries(
      asked.map((id) => dataset.queries.get(id)!),
      tokenizer,
      { ...queryForm, ids: asked },
    ),
    documents: packDocuments(
      ids.map((id) => dataset.documents.get(id)!),
      tokenizer,
      { ...documentForm, ids },
    ),
    ways,
    excluded: falseNegatives(ids, relevant, { ways }),
    ...(scores.length > 0 && { teacher: Float32Array.from(scores) }),
  };
}
