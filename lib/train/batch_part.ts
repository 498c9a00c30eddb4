import { packTexts, reorder } from "../text/pack_texts.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import type { TrainingBatch } from "./step.ts";

/** Some queries of a batch with their documents, and where they stand in it. */
export interface BatchPart {
  /** The part as a batch of its own. */
  readonly batch: TrainingBatch;
  /** Its texts end to end, queries first. */
  readonly texts: PackedTokens;
  /** Index in the whole batch of each text, `[texts]`: what dropout masks depend on. */
  readonly numbers: Int32Array;
  /** Its share of the batch's queries, `(0, 1]`. */
  readonly share: number;
}

/**
 * Splits a batch into parts of as equal numbers of queries as can be, each with
 * the documents of its queries.
 *
 * Every text keeps its index in the whole batch, so that it is dropped out the
 * same way in whatever part it is encoded. A part knows only its own block of
 * what is excluded: losses over the whole batch cannot be split.
 *
 * @param batch The batch.
 * @param count How many parts, from 1 to the number of queries.
 * @returns The parts, in the order of the queries.
 * @throws {RangeError} If there are fewer queries than parts.
 */
export function partsOf(batch: TrainingBatch, count: number): BatchPart[] {
  const queries = batch.queries.offsets.length - 1;
  if (!Number.isInteger(count) || count < 1 || count > queries) {
    throw new RangeError(
      `Cannot split a batch: expected 1 to ${queries} parts of its ${queries} queries, got ${count}`,
    );
  }
  return Array.from({ length: count }, (_, part) => {
    const from = Math.floor(part * queries / count);
    const to = Math.floor((part + 1) * queries / count);
    return partOf(batch, from, to);
  });
}

/** The queries `from` up to `to` with their documents. */
function partOf(batch: TrainingBatch, from: number, to: number): BatchPart {
  const { ways } = batch;
  const queries = batch.queries.offsets.length - 1;
  const whole = from === 0 && to === queries;
  const part = whole ? batch : slicedBatch(batch, from, to);
  return {
    batch: part,
    texts: packTexts([part.queries, part.documents]),
    numbers: Int32Array.from([
      ...range(from, to),
      ...range(queries + from * ways, queries + to * ways),
    ]),
    share: (to - from) / queries,
  };
}

/** A batch of some of the queries. */
function slicedBatch(
  { queries, documents, ways, excluded, teacher }: TrainingBatch,
  from: number,
  to: number,
): TrainingBatch {
  const columns = (queries.offsets.length - 1) * ways;
  const rows = range(from, to).map((row) =>
    excluded.subarray(row * columns + from * ways, row * columns + to * ways)
  );
  return {
    queries: reorder(queries, range(from, to)),
    documents: reorder(documents, range(from * ways, to * ways)),
    ways,
    excluded: Uint8Array.from(rows.flatMap((row) => [...row])),
    ...(teacher && { teacher: teacher.subarray(from * ways, to * ways) }),
  };
}

/** Whole numbers from one up to another. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
