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
 * @param texts The first text, and the one after the last.
 * @returns The rectangle.
 */
export function rectangleOf(
  offsets: Int32Array,
  keep: Uint8Array,
  [first, end]: readonly [number, number],
): Rectangle {
  const counts = new Int32Array(end - first);
  let length = 0;
  for (let text = first; text < end; text++) {
    let count = 0;
    for (let row = offsets[text]!; row < offsets[text + 1]!; row++) {
      if (keep[row] !== 0) count++;
    }
    counts[text - first] = count;
    length = Math.max(length, count);
  }
  const rows = new Int32Array(counts.length * length);
  for (let text = first, place = 0; text < end; text++) {
    const [start, after] = [place, place + length];
    for (let row = offsets[text]!; row < offsets[text + 1]!; row++) {
      if (keep[row] !== 0) rows[place++] = row;
    }
    rows.fill(rows[start]!, place, after);
    place = after;
  }
  return { rows, length, counts };
}

/** Queries that meet the same documents, both as rectangles. */
export interface Meeting {
  /** The first query, and the one after the last. */
  readonly queries: readonly [number, number];
  /** The first document, and the one after the last. */
  readonly documents: readonly [number, number];
  /** Documents of each query; absent where every query meets all of them. */
  readonly ways: number | undefined;
}

/** Longest text among some. */
function longest(
  offsets: Int32Array,
  [first, end]: readonly [number, number],
): number {
  let most = 0;
  for (let text = first; text < end; text++) {
    most = Math.max(most, offsets[text + 1]! - offsets[text]!);
  }
  return most;
}

/**
 * Cuts MaxSim into pieces whose similarities are few enough to lie in memory at
 * a time: some documents against all queries, or some queries with their own.
 *
 * @param options Texts and ways.
 * @param most Similarities a piece may have; one document is always allowed.
 * @returns The pieces, in order.
 */
export function meetingsOf(
  { queryOffsets, documentOffsets, ways }: MaxSimOptions,
  most: number,
): Meeting[] {
  const queries = queryOffsets.length - 1;
  const documents = documentOffsets.length - 1;
  const meetings: Meeting[] = [];
  const rows = queryOffsets[queries]!;
  const cost = (first: number, end: number): number =>
    ways === undefined
      ? rows * (end - first) * longest(documentOffsets, [first, end])
      : (end - first) * ways * longest(queryOffsets, [first, end]) *
        longest(documentOffsets, [first * ways, end * ways]);
  const total = ways === undefined ? documents : queries;
  for (let first = 0; first < total;) {
    let step = 1;
    // Doubling keeps the search short; the cost only grows with the range.
    while (
      first + step < total &&
      cost(first, Math.min(total, first + 2 * step)) <= most
    ) step = Math.min(2 * step, total - first);
    const end = first + step;
    meetings.push(
      ways === undefined
        ? { queries: [0, queries], documents: [first, end], ways }
        : {
          queries: [first, end],
          documents: [first * ways, end * ways],
          ways,
        },
    );
    first = end;
  }
  return meetings;
}

/** Documents in an order of their own. */
export interface Sorted {
  /** Where each begins, and which rows count, in that order. */
  readonly options: MaxSimOptions;
  /** Rows in that order, as they were numbered; absent where nothing moved. */
  readonly rows?: Int32Array;
  /** Where each document stands in that order; absent where nothing moved. */
  readonly columns?: Int32Array;
}

/**
 * Puts the shortest documents first, so that those that meet as a rectangle are of
 * like length and little of it repeats a row.
 *
 * @param options Texts.
 * @returns The same in that order; unmoved where they stand in it already, or meet
 * queries of their own.
 */
export function sortedByLength(options: MaxSimOptions): Sorted {
  const { documentOffsets, documentKeep, ways } = options;
  const lengths = documentOffsets.subarray(1).map((end, text) =>
    end - documentOffsets[text]!
  );
  const isSorted = lengths.every((length, text) =>
    text === 0 || lengths[text - 1]! <= length
  );
  if (isSorted || ways !== undefined) return { options };
  const order = Int32Array.from(lengths.keys()).sort((a, b) =>
    lengths[a]! - lengths[b]! || a - b
  );
  const rows = new Int32Array(documentKeep.length);
  const columns = new Int32Array(order.length);
  const offsets = new Int32Array(documentOffsets.length);
  order.forEach((text, column) => {
    const start = offsets[column]!;
    for (let i = 0; i < lengths[text]!; i++) {
      rows[start + i] = documentOffsets[text]! + i;
    }
    offsets[column + 1] = start + lengths[text]!;
    columns[text] = column;
  });
  const keep = documentKeep.map((_, row) => documentKeep[rows[row]!]!);
  const sorted = { documentOffsets: offsets, documentKeep: keep };
  return { options: { ...options, ...sorted }, rows, columns };
}
