import { readLines } from "../store/read_lines.ts";
import type { Dataset, Tuple } from "./dataset.ts";

/** Settings of {@link readTuples}. */
export interface TupleOptions {
  /**
   * Which document is the positive: the `first`, as in ColBERT's files, or the
   * one that the judgements of a split call relevant (`labelled`), which is then
   * moved to the front. Default `first`.
   */
  readonly positive?: "first" | "labelled";
  /** The split that `labelled` looks in; default `train`. */
  readonly split?: string;
}

/**
 * Reads training tuples by id: a query and the documents it meets, with a
 * teacher's scores where there.
 *
 * A line is `{"query_id": ..., "document_ids": [...], "scores": [...]}`, as
 * PyLate's distillation sets, or `[query, [document, score], ...]`, as
 * ColBERTv2's, or `[query, document, ...]` without scores. Ids are texts or
 * whole numbers.
 *
 * @param path JSONL file, plain or gzipped.
 * @param dataset Where the ids come from.
 * @param options Which document is the positive.
 * @returns One tuple a line, the positive first.
 * @throws {SyntaxError} If a line has another form, an unknown or repeated id, a
 * score that is no finite number, fewer than two documents, or no positive.
 *
 * @example Usage
 * ```ts
 * import { readTuples } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, '[7, ["a", 0.9], ["b", 0.2]]\n');
 * const tuples = await readTuples(path, {
 *   name: "toy",
 *   queries: new Map([["7", "seven"]]),
 *   documents: new Map([["a", "A"], ["b", "B"]]),
 *   qrels: {},
 * });
 * assertEquals(tuples, [{ query: "7", documents: ["a", "b"], scores: [0.9, 0.2] }]);
 * await Deno.remove(path);
 * ```
 */
export async function readTuples(
  path: string,
  dataset: Dataset,
  { positive = "first", split = "train" }: TupleOptions = {},
): Promise<Tuple[]> {
  const tuples: Tuple[] = [];
  for await (const { text, line } of readLines(path)) {
    if (text.trim() === "") continue;
    const where = `${path}:${line}`;
    const tuple = checked(parseTuple(text, where), dataset, where);
    if (positive === "first") tuples.push(tuple);
    else tuples.push(positiveFirst(tuple, { dataset, split, where }));
  }
  if (tuples.length === 0) throw refuse(path, "at least one tuple", "none");
  return tuples;
}

/** Parses any of the three forms. */
function parseTuple(json: string, where: string): Tuple {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw refuse(where, "JSON", JSON.stringify(json.slice(0, 60)));
  }
  const flat = Array.isArray(value) ? fromList(value) : fromObject(value);
  const query = idOf(flat?.query);
  const documents = flat?.documents.map(idOf);
  if (
    flat === undefined || query === undefined ||
    documents?.some((id) => id === undefined)
  ) {
    throw refuse(
      where,
      "[query, [document, score], ...] or an object with query_id, document_ids and scores",
      JSON.stringify(json.slice(0, 60)),
    );
  }
  const plain = { query, documents: documents as string[] };
  return flat.scores === undefined
    ? plain
    : { ...plain, scores: flat.scores as number[] };
}

/** A tuple whose ids and scores are still of any kind. */
interface LooseTuple {
  readonly query: unknown;
  readonly documents: readonly unknown[];
  readonly scores?: readonly unknown[];
}

/** ColBERT's form: a query, then documents with or without scores. */
function fromList([query, ...rest]: readonly unknown[]): LooseTuple {
  if (!rest.every((item) => Array.isArray(item) && item.length === 2)) {
    return { query, documents: rest };
  }
  const pairs = rest as (readonly [unknown, unknown])[];
  return {
    query,
    documents: pairs.map(([document]) => document),
    scores: pairs.map(([, score]) => score),
  };
}

/** PyLate's form: an object of three fields. */
function fromObject(value: unknown): LooseTuple | undefined {
  const { query_id: query, document_ids: documents, scores } = (value ??
    {}) as Record<string, unknown>;
  if (!Array.isArray(documents)) return undefined;
  if (scores === undefined) return { query, documents };
  return Array.isArray(scores) ? { query, documents, scores } : undefined;
}

/** An id as text; whole numbers count as their digits. */
function idOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

/** Checks ids and scores against the dataset. */
function checked(tuple: Tuple, dataset: Dataset, where: string): Tuple {
  const { query, documents, scores } = tuple;
  if (!dataset.queries.has(query)) {
    throw refuse(where, "the id of a query", `the unknown "${query}"`);
  }
  const unknown = documents.find((id) => !dataset.documents.has(id));
  if (unknown !== undefined) {
    throw refuse(where, "ids of documents", `the unknown "${unknown}"`);
  }
  if (documents.length < 2 || new Set(documents).size !== documents.length) {
    throw refuse(
      where,
      "at least two different documents",
      documents.join(", "),
    );
  }
  if (
    scores !== undefined &&
    (scores.length !== documents.length || !scores.every(Number.isFinite))
  ) {
    throw refuse(
      where,
      `${documents.length} finite scores, one a document`,
      JSON.stringify(scores).slice(0, 60),
    );
  }
  return tuple;
}

/** Moves the document that the judgements call relevant to the front. */
function positiveFirst(
  tuple: Tuple,
  { dataset, split, where }: {
    readonly dataset: Dataset;
    readonly split: string;
    readonly where: string;
  },
): Tuple {
  const grades = dataset.qrels[split]?.get(tuple.query);
  const at = tuple.documents.findIndex((id) => (grades?.get(id) ?? 0) > 0);
  if (at < 0) {
    throw refuse(
      where,
      `a document that ${split} judges relevant to query "${tuple.query}"`,
      "none",
    );
  }
  const front = <T>(
    items: readonly T[],
  ) => [items[at]!, ...items.toSpliced(at, 1)];
  return {
    query: tuple.query,
    documents: front(tuple.documents),
    ...(tuple.scores && { scores: front(tuple.scores) }),
  };
}

/** The error of a line that does not parse. */
function refuse(where: string, expected: string, got: string): SyntaxError {
  return new SyntaxError(
    `Cannot read ${where}: expected ${expected}, got ${got}`,
  );
}
