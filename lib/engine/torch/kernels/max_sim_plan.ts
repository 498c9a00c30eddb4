/**
 * Who meets whom in MaxSim, as rectangles of row numbers.
 *
 * @module
 */
import type { MaxSimOptions } from "../../ops/max_sim.ts";

/** Texts as a rectangle of the rows that count. */
export interface Rectangle {
  /** `[texts, length]`; short texts repeat their first row, which changes no maximum. */
  readonly rows: Int32Array;
  /** Rows of the longest text. */
  readonly length: number;
  /** Rows that count, of each text. */
  readonly counts: Int32Array;
}

/**
 * Lays the kept rows of some texts out as a rectangle.
 *
 * @param offsets Where each text begins.
 * @param keep 1 where a row counts.
 * @param texts Which texts, in the order of the rectangle.
 * @returns The rectangle.
 */
export function rectangleOf(
  offsets: Int32Array,
  keep: Uint8Array,
  texts: Int32Array,
): Rectangle {
  const kept: number[][] = [];
  let length = 0;
  for (const text of texts) {
    const rows: number[] = [];
    for (let row = offsets[text]!; row < offsets[text + 1]!; row++) {
      if (keep[row] !== 0) rows.push(row);
    }
    length = Math.max(length, rows.length);
    kept.push(rows);
  }
  const rows = new Int32Array(kept.length * length);
  kept.forEach((own, text) => {
    for (let i = 0; i < length; i++) {
      rows[text * length + i] = own[i] ?? own[0]!;
    }
  });
  return { rows, length, counts: Int32Array.from(kept, (own) => own.length) };
}

/** Queries that meet the same documents, both as rectangles. */
export interface Meeting {
  /** Their numbers. */
  readonly queries: Int32Array;
  /** Their numbers. */
  readonly documents: Int32Array;
}

/** Who meets whom, and in which order. */
export interface Meetings {
  /** In the order of their results. */
  readonly meetings: readonly Meeting[];
  /** Where each document's column stands in that order; absent where as given. */
  readonly columns: Int32Array | undefined;
}

/** Numbers from the first on, up to the end. */
function range(first: number, end: number): Int32Array {
  return Int32Array.from({ length: end - first }, (_, i) => first + i);
}

/** The longest of some texts. */
function longest(offsets: Int32Array, texts: Int32Array): number {
  return texts.reduce(
    (most, text) => Math.max(most, offsets[text + 1]! - offsets[text]!),
    0,
  );
}

/**
 * Cuts MaxSim into pieces whose similarities are few enough to lie in memory at
 * a time: some documents of like length against all queries, or some queries with
 * their own documents.
 *
 * @param options Texts and ways.
 * @param most Similarities a piece may have; one document is always allowed.
 * @returns The pieces.
 */
export function meetingsOf(options: MaxSimOptions, most: number): Meetings {
  const { queryOffsets, documentOffsets, ways } = options;
  const queries = range(0, queryOffsets.length - 1);
  const documents = range(0, documentOffsets.length - 1);
  if (ways !== undefined) {
    const meetings = cutWhile(queries, (part) => {
      const own = documents.subarray(
        part[0]! * ways,
        (part.at(-1)! + 1) * ways,
      );
      return own.length * longest(queryOffsets, part) *
          longest(documentOffsets, own) <= most;
    }).map((part): Meeting => ({
      queries: part,
      documents: documents.subarray(part[0]! * ways, (part.at(-1)! + 1) * ways),
    }));
    return { meetings, columns: undefined };
  }
  const lengthOf = (text: number) =>
    documentOffsets[text + 1]! - documentOffsets[text]!;
  const isSorted = documents.every((text) =>
    text === 0 || lengthOf(text - 1) <= lengthOf(text)
  );
  const order = isSorted
    ? documents
    : documents.toSorted((a, b) => lengthOf(a) - lengthOf(b));
  const rows = queryOffsets.at(-1)!;
  const meetings = cutWhile(
    order,
    (part) => rows * part.length * longest(documentOffsets, part) <= most,
  ).map((documents): Meeting => ({ queries, documents }));
  if (isSorted) return { meetings, columns: undefined };
  const columns = new Int32Array(order.length);
  order.forEach((text, column) => columns[text] = column);
  return { meetings, columns };
}

/** Cuts a list into parts that fit; one element always does. */
function cutWhile(
  all: Int32Array,
  fits: (part: Int32Array) => boolean,
): Int32Array[] {
  const parts: Int32Array[] = [];
  for (let first = 0; first < all.length;) {
    let step = 1;
    // Doubling keeps the search short; the cost only grows with the part.
    while (
      first + step < all.length && fits(all.subarray(first, first + 2 * step))
    ) step = Math.min(2 * step, all.length - first);
    parts.push(all.subarray(first, first + step));
    first += step;
  }
  return parts;
}
