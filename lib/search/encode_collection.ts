import { tf } from "../engine/tensor.ts";
import { withinMemory } from "../engine/within_memory.ts";
import type { TokenVectors } from "../encoder/encoder.ts";
import type { Progress } from "../num/progress.ts";
import { packDocuments } from "../text/document_form.ts";
import { packTexts } from "../text/pack_texts.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
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
 * Encodes all queries, some at a time, and keeps all their vectors. Where memory
 * runs out, half as many are encoded at a time from there on.
 *
 * @param retriever The model.
 * @param queries Texts by id.
 * @param options Told where memory runs out.
 * @returns Their vectors, in the map's order; the caller disposes them.
 * @throws {RangeError} If memory does not suffice for one query.
 */
export function encodeQueries(
  retriever: Retriever,
  queries: ReadonlyMap<string, string>,
  { progress }: Pick<EncodeTextsOptions, "progress"> = {},
): EncodedDocuments {
  const ids = [...queries.keys()];
  const total = ids.length;
  const parts: EncodedTexts[] = [];
  let [most, tokens] = [QUERIES, undefined as PackedTokens | undefined];
  const values = tf.tidy(() => {
    for (let first = 0; first < total;) {
      const given = ids.slice(first, first + most);
      const part = encodeSome(retriever, given, {
        texts: queries,
        side: "queries",
        note: (note) =>
          progress?.({ label: "encode queries", done: first, total, note }),
      });
      if (part.count < given.length) most = part.count;
      first += part.count;
      parts.push(part);
    }
    tokens = packTexts(parts.map(({ packed }) => packed));
    const tensors = parts.map(({ vectors }) => vectors.values);
    return tensors.length === 1 ? tensors[0]! : tf.concat(tensors, 0);
  });
  const { offsets, keep } = tokens!;
  return { ids, vectors: { values, offsets, keep } };
}

/**
 * Encodes a collection part by part, short texts first, so that the texts of a
 * part have similar lengths and only one part is in memory. Where memory runs out,
 * parts are half as large from there on.
 *
 * @param retriever The model.
 * @param documents Texts by id.
 * @param options Size of a part, progress, signal.
 * @returns The parts; whoever takes one disposes its vectors.
 * @throws {RangeError} If memory does not suffice for one document.
 */
export async function* encodeDocuments(
  retriever: Retriever,
  documents: ReadonlyMap<string, string>,
  options: EncodeTextsOptions = {},
): AsyncGenerator<EncodedDocuments> {
  const { partCharacters = 40_000, progress, signal } = options;
  const { label = "encode documents" } = options;
  const ids = [...documents.keys()].sort((a, b) =>
    documents.get(a)!.length - documents.get(b)!.length
  );
  const sizes = ids.map((id) => documents.get(id)!.length);
  let most = partCharacters;
  for (let first = 0; first < ids.length;) {
    signal?.throwIfAborted();
    const asked = ids.slice(first, endOfPart(sizes, first, most));
    const { vectors, count } = encodeSome(retriever, asked, {
      texts: documents,
      side: "documents",
      note: (note) =>
        progress?.({ label, done: first, total: ids.length, note }),
    });
    yield { ids: asked.slice(0, count), vectors };
    most *= count / asked.length;
    first += count;
    progress?.({ label, done: first, total: ids.length });
    await breathe();
  }
}

/** Where a part ends that begins at a text: after the one with which it is long enough. */
function endOfPart(
  sizes: readonly number[],
  first: number,
  most: number,
): number {
  let [last, characters] = [first, 0];
  do characters += sizes[last++]!; while (
    last < sizes.length && characters < most
  );
  return last;
}

/** Texts that were encoded together. */
interface EncodedTexts {
  /** How many. */
  readonly count: number;
  /** Their tokens. */
  readonly packed: PackedTokens;
  /** Their vectors. */
  readonly vectors: TokenVectors;
}

/** Encodes the first of some texts: as many as memory allows. */
function encodeSome(
  { encoder, tokenizer, queryForm, documentForm, parameters }: Retriever,
  ids: readonly string[],
  { texts, side, note }: {
    readonly texts: ReadonlyMap<string, string>;
    readonly side: "queries" | "documents";
    readonly note: (line: string) => void;
  },
): EncodedTexts {
  const pack = (ids: readonly string[]) => {
    const some = ids.map((id) => texts.get(id)!);
    return side === "queries"
      ? packQueries(some, tokenizer, { ...queryForm, ids })
      : packDocuments(some, tokenizer, { ...documentForm, ids });
  };
  let made: Omit<EncodedTexts, "count">;
  const { chunk: count } = withinMemory(`encode ${side}`, ids.length, {
    units: side,
    advice: "use a lower length of texts, or an engine with more memory",
    say: note,
    compute(count) {
      const packed = pack(ids.slice(0, count));
      made = { packed, vectors: encoder.encode(packed, parameters) };
      return made.vectors.values;
    },
  });
  return { ...made!, count };
}
