/**
 * Who meets whom in MaxSim, cut into pieces that stay in a core's cache.
 *
 * @module
 */
import type { MaxSimOptions } from "../../ops/max_sim.ts";
import type { Rows } from "../kernel.ts";

/** Some query rows and some documents of about the same length. */
export interface Piece {
  /** Query rows, among those that count. */
  readonly part: Rows;
  /** The column of scores of each document. */
  readonly columns: Int32Array;
  /** Rows of the longest of the documents. */
  readonly length: number;
  /** Where its documents' rows, `[documents, length]`, begin in the plan's. */
  readonly from: number;
  /** Where its pairs, `[documents, query rows]`, begin among all. */
  readonly place: number;
}

/** Everything about a call but its numbers. */
export interface Plan {
  /** Rows of queries that count. */
  readonly queryRows: Int32Array;
  /** The query of each. */
  readonly texts: Int32Array;
  /** Documents a query meets. */
  readonly columns: number;
  /**
   * Rows of documents that count, each piece's as a rectangle; short documents
   * repeat their first row, which comes to win no tie.
   */
  readonly rows: Int32Array;
  /** Pairs of a query row and a document. */
  readonly pairs: number;
  /** Who meets the same documents, then the pieces of the same documents. */
  readonly meetings: readonly (readonly (readonly Piece[])[])[];
}

/** Similarities of a piece: 1 MB, half a core's second cache. */
const PIECE = 1 << 18;

/** Numbers of a piece's documents: 1 MB. */
const SIDE = 1 << 18;

/** Query rows of a piece: more make the product no faster. */
const MOST_ROWS = 512;

/** Query rows that are not parted for a long document's sake. */
const FEW_ROWS = 64;

/** Repeated similarities that cost less than one more call. */
const SPARE = 1 << 16;

/**
 * Plans a call. Pieces depend on texts alone, never on the number of threads.
 *
 * @param options Texts, masks and ways.
 * @param dim Numbers a row.
 * @returns The plan.
 */
export function planOf(options: MaxSimOptions, dim: number): Plan {
  const { queryOffsets, queryKeep, documentOffsets, documentKeep, ways } =
    options;
  const queries = keptRows(queryOffsets, queryKeep);
  const documents = keptRows(documentOffsets, documentKeep);
  const columns = ways ?? documentOffsets.length - 1;
  const rectangles: Int32Array[] = [];
  let [size, pairs] = [0, 0];
  const meetings = whoMeetsWhom(queries, columns, ways).map((meeting) => {
    const { parts, texts } = cutMeeting(documents, meeting, dim);
    return texts.map((texts) => {
      const { rows, length } = rectangleOf(documents, texts);
      const columns = texts.map((text) => text - meeting.documents[0]);
      const from = size;
      size += rows.length;
      rectangles.push(rows);
      return parts.map((part): Piece => {
        const place = pairs;
        pairs += columns.length * part[1];
        return { part, columns, length, from, place };
      });
    });
  });
  const rows = joined(rectangles, size);
  const { rows: queryRows, texts } = queries;
  return { queryRows, texts, columns, rows, pairs, meetings };
}

/** The rows of some texts that count. */
interface Kept {
  readonly rows: Int32Array;
  /** The text of each. */
  readonly texts: Int32Array;
  /** Where each text begins among them, and the end. */
  readonly starts: Int32Array;
}

/** Leaves out the rows that do not count. */
function keptRows(offsets: Int32Array, keep: Uint8Array): Kept {
  const rows = new Int32Array(keep.length);
  const texts = new Int32Array(keep.length);
  const starts = new Int32Array(offsets.length);
  let end = 0;
  for (let text = 0; text + 1 < offsets.length; text++) {
    for (let row = offsets[text]!; row < offsets[text + 1]!; row++) {
      if (keep[row] === 0) continue;
      rows[end] = row;
      texts[end++] = text;
    }
    starts[text + 1] = end;
  }
  return { rows: rows.subarray(0, end), texts: texts.subarray(0, end), starts };
}

/** Query rows and documents. */
interface Meeting {
  readonly queries: Rows;
  readonly documents: Rows;
}

/** Everybody at once, or each query its own documents. */
function whoMeetsWhom(
  { starts }: Kept,
  columns: number,
  ways: number | undefined,
): Meeting[] {
  if (ways === undefined) {
    return [{ queries: [0, starts.at(-1)!], documents: [0, columns] }];
  }
  return Array.from({ length: starts.length - 1 }, (_, i) => ({
    queries: [starts[i]!, starts[i + 1]! - starts[i]!],
    documents: [i * ways, ways],
  }));
}

/** Cuts a meeting's query rows, and its documents, the shortest first. */
function cutMeeting(
  { starts }: Kept,
  { queries: [start, count], documents: [first, columns] }: Meeting,
  dim: number,
): { parts: Rows[]; texts: Int32Array[] } {
  const lengthOf = (text: number) => starts[text + 1]! - starts[text]!;
  const order = Int32Array.from({ length: columns }, (_, i) => first + i)
    .sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  const longest = lengthOf(order.at(-1)!);
  const most = Math.max(FEW_ROWS, Math.floor(PIECE / longest));
  const length = Math.ceil(count / Math.min(MOST_ROWS, most));
  const parts = Array.from({ length }, (_, i): Rows => {
    const from = Math.floor(i * count / length);
    return [start + from, Math.floor((i + 1) * count / length) - from];
  });
  const widest = parts.at(-1)![1];
  const limits = {
    most: Math.min(PIECE / widest, SIDE / dim),
    spare: SPARE / widest,
  };
  const texts = cuts(order.map(lengthOf), limits).map(([from, to]) =>
    order.subarray(from, to)
  );
  return { parts, texts };
}

/** Cuts rising lengths so that rectangles are small, and little of them repeats a row. */
function cuts(
  lengths: Int32Array,
  { most, spare }: { readonly most: number; readonly spare: number },
): [number, number][] {
  const made: [number, number][] = [];
  let [first, sum] = [0, 0];
  lengths.forEach((length, i) => {
    const area = (i + 1 - first) * length;
    const repeated = area - sum - length;
    if (i > first && (area > most || repeated > Math.max(spare, sum / 8))) {
      made.push([first, i]);
      [first, sum] = [i, 0];
    }
    sum += length;
  });
  return [...made, [first, lengths.length]];
}

/** Lays documents out, the longest last. */
function rectangleOf(
  { rows, starts }: Kept,
  texts: Int32Array,
): { rows: Int32Array; length: number } {
  const last = texts.at(-1)!;
  const length = starts[last + 1]! - starts[last]!;
  const laid = new Int32Array(texts.length * length);
  texts.forEach((text, i) => {
    const own = rows.subarray(starts[text]!, starts[text + 1]!);
    laid.fill(own[0]!, i * length, (i + 1) * length).set(own, i * length);
  });
  return { rows: laid, length };
}

/** Lays lists of whole numbers end to end. */
function joined(parts: readonly Int32Array[], size: number): Int32Array {
  const all = new Int32Array(size);
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

/** Visits the pairs of a piece: query row, column, and place among all pairs. */
export function eachPair(
  { part: [start, count], columns, place }: Piece,
  visit: (row: number, column: number, at: number) => void,
): void {
  for (const column of columns) {
    for (let i = 0; i < count; i++) visit(start + i, column, place++);
  }
}
