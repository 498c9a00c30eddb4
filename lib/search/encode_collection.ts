import { tf } from "../engine/tensor.ts";
import type { TokenVectors } from "../encoder/encoder.ts";
import type { Progress } from "../num/progress.ts";
import { packDocuments } from "../text/document_form.ts";
import { packTexts } from "../text/pack_texts.ts";
import { packQueries } from "../text/query_form.ts";
import { breathe } from "./breathe.ts";
import type { EncodedDocuments } from "./exact_max_sim.ts";
import type { Retriever } from "./retriever.ts";

/** Settings of an encoding. */
export interface EncodeTextsOptions {
  /** Texts are encoded in parts of about this many characters, default 40,000. */
  readonly partCharacters?: number;
  /** Told after every part. */
  readonly progress?: Progress;
  /** Stops between two parts. */
  readonly signal?: AbortSignal;
  /** What the progress says, default `encode documents`. */
  readonly label?: string;
}

/** Queries encoded at a time. */
const QUERIES = 256;

/**
 * Encodes all queries, some at a time, and keeps all their vectors.
 *
 * @param retriever The model.
 * @param queries Texts by id.
 * @returns Their vectors, in the map's order; the caller disposes them.
 */
export function encodeQueries(
  retriever: Retriever,
  queries: ReadonlyMap<string, string>,
): EncodedDocuments {
  const { encoder, tokenizer, queryForm, parameters } = retriever;
  const texts = [...queries.values()];
  const ids = [...queries.keys()];
  const parts = Array.from(
    { length: Math.ceil(texts.length / QUERIES) },
    (_, i) => {
      const [begin, end] = [i * QUERIES, (i + 1) * QUERIES];
      return packQueries(texts.slice(begin, end), tokenizer, {
        ...queryForm,
        ids: ids.slice(begin, end),
      });
    },
  );
  const vectors = parts.map((part) => encoder.encode(part, parameters));
  return {
    ids,
    vectors: joined(vectors, packTexts(parts)),
  };
}

/** The vectors of several parts as one. */
function joined(
  parts: readonly TokenVectors[],
  { offsets, keep }: Pick<TokenVectors, "offsets" | "keep">,
): TokenVectors {
  if (parts.length === 1) return parts[0]!;
  const tensors = parts.map(({ values }) => values);
  const values = tf.concat(tensors, 0);
  tf.dispose(tensors);
  return { values, offsets, keep };
}

/**
 * Encodes a collection part by part, short texts first, so that the texts of a
 * part have similar lengths and only one part is in memory.
 *
 * @param retriever The model.
 * @param documents Texts by id.
 * @param options Size of a part, progress, signal.
 * @returns The parts; whoever takes one disposes its vectors.
 */
export async function* encodeDocuments(
  retriever: Retriever,
  documents: ReadonlyMap<string, string>,
  options: EncodeTextsOptions = {},
): AsyncGenerator<EncodedDocuments> {
  const { partCharacters = 40_000, progress, signal } = options;
  const { label = "encode documents" } = options;
  const { encoder, tokenizer, documentForm, parameters } = retriever;
  const ids = [...documents.keys()].sort((a, b) =>
    documents.get(a)!.length - documents.get(b)!.length
  );
  for (let first = 0; first < ids.length;) {
    signal?.throwIfAborted();
    let characters = 0;
    let last = first;
    while (last < ids.length && characters < partCharacters) {
      characters += documents.get(ids[last++]!)!.length;
    }
    const part = ids.slice(first, last);
    const texts = part.map((id) => documents.get(id)!);
    const form = { ...documentForm, ids: part };
    const packed = packDocuments(texts, tokenizer, form);
    yield { ids: part, vectors: encoder.encode(packed, parameters) };
    first = last;
    progress?.({ label, done: last, total: ids.length });
    await breathe();
  }
}
