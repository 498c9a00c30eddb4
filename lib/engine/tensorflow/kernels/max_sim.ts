/**
 * MaxSim by bounded pieces: products of the kept rows of queries and documents,
 * the best of each document, and the sum over each query.
 *
 * @module
 */
import { isDifferentiated } from "../../ops/fused.ts";
import type { MaxSimOptions } from "../../ops/max_sim.ts";
import {
  type Meeting,
  meetingsOf,
  type Rectangle,
  rectangleOf,
} from "../../torch/kernels/max_sim_plan.ts";
import type { Kernel } from "../kernel.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import type { Tensors } from "../tensors.ts";
import { rowSums } from "./arrays.ts";

/** One piece, with its rows. */
interface Piece extends Meeting {
  readonly left: Rectangle;
  readonly right: Rectangle;
  /** Products at once: one, or one for each query and its own documents. */
  readonly stacks: number;
  /** Documents that each of its queries meets. */
  readonly columns: number;
  /** Where its winners begin among all, and how many they are. */
  readonly place: number;
  readonly size: number;
}

/** The vectors of both sides. */
interface Sides {
  readonly queries: Handle;
  readonly documents: Handle;
}

/** Similarities a piece may have: 4 MB for a processor's cache, 1 GB on a GPU. */
function mostOf({ gpu }: Tensors): number {
  return gpu === undefined ? 2 ** 20 : 2 ** 28;
}

/** The pieces of a call, in the order of the documents. */
function piecesOf(options: MaxSimOptions, most: number): Piece[] {
  const { queryOffsets, queryKeep, documentOffsets, documentKeep } = options;
  let place = 0;
  return meetingsOf(options, most).map((meeting) => {
    const { queries, documents, ways } = meeting;
    const left = rectangleOf(queryOffsets, queryKeep, queries);
    const right = rectangleOf(documentOffsets, documentKeep, documents);
    const columns = ways ?? right.counts.length;
    const size = left.rows.length * columns;
    const stacks = ways === undefined ? 1 : left.counts.length;
    place += size;
    return {
      ...meeting,
      ...{ left, right, stacks, columns, size, place: place - size },
    };
  });
}

/** Whole numbers on the device. */
function numbers(
  { fromHost }: Tensors,
  values: Int32Array,
  shape: readonly number[] = [values.length],
): Handle {
  return fromHost(values, shape, ELEMENT.int32);
}

/** Rows of a matrix, or numbers of a list, by number. */
function rowsAt({ call, whole }: Tensors, x: Handle, rows: Handle): Handle {
  return call("GatherV2", [x, rows, whole(0)]);
}

/** Tensors end to end; one alone is not copied. */
function joined({ call, whole }: Tensors, parts: Handle[], axis = 0): Handle {
  return parts.length === 1
    ? parts[0]!
    : call("ConcatV2", [parts, whole(axis)]);
}

/** Frees what a piece needed, but for its results. */
function passed(flow: Tensors, compute: () => Handle[]): Handle[] {
  const made = flow.scoped(() => compute().map(flow.take));
  made.forEach(flow.join);
  return made;
}

/** `[query rows, 1]`, true but where a row only fills its query up; absent where none does. */
function realRows(flow: Tensors, { left }: Piece): Handle | undefined {
  const { counts, length } = left;
  if (counts.every((count) => count === length)) return undefined;
  const flags = Uint8Array.from(
    left.rows,
    (_, i) => i % length < counts[Math.floor(i / length)]! ? 1 : 0,
  );
  return flow.fromHost(flags, [flags.length, 1], ELEMENT.bool);
}

/** Numbers of rows, 0 where a row only fills its query up. */
function ofRealRows(flow: Tensors, piece: Piece, x: Handle): Handle {
  const real = realRows(flow, piece);
  if (real === undefined) return x;
  return flow.call("SelectV2", [real, x, flow.scalar(0)]);
}

/** What is known of a piece. */
interface Known {
  readonly piece: Piece;
  readonly dim: number;
}

/** The rows of both sides, `[stacks, rows, dim]`, and their numbers. */
function rowsOf(
  flow: Tensors,
  { queries, documents }: Sides,
  { piece: { left, right, stacks }, dim }: Known,
) {
  const at = (x: Handle, rows: Handle) =>
    flow.reshaped(rowsAt(flow, x, rows), [stacks, -1, dim]);
  const queryRows = numbers(flow, left.rows);
  const documentRows = numbers(flow, right.rows);
  return {
    a: at(queries, queryRows),
    b: at(documents, documentRows),
    documentRows,
  };
}

/** Scores of a piece, `[queries, columns]`, and its winners where asked for. */
function scorePiece(
  flow: Tensors,
  sides: Sides,
  { wantsWinners, ...known }: Known & { readonly wantsWinners: boolean },
): Handle[] {
  const { call, whole, reshaped } = flow;
  const { left, right, columns, size } = known.piece;
  const { a, b } = rowsOf(flow, sides, known);
  const similar = reshaped(call("BatchMatMulV2", [a, b], { adj_y: true }), [
    left.rows.length,
    columns,
    right.length,
  ]);
  const best = ofRealRows(
    flow,
    known.piece,
    call("Max", [similar, whole([2])]),
  );
  const shape = [left.counts.length, left.length, columns];
  const scores = call("Sum", [reshaped(best, shape), whole([1])]);
  if (!wantsWinners) return [scores];
  const winners = call("ArgMax", [similar, whole(2)], {
    output_type: { type: ELEMENT.int32 },
  });
  return [scores, reshaped(winners, [size])];
}

/**
 * `LabMaxSim`: `[scores, winners]`, where `winners` are the places of the winning tokens
 * among those of their document that count, piece by piece `[query rows, columns]`;
 * empty where no gradient will ask for them.
 */
export const maxSim: Kernel = ({ inputs, attrs, backend, flow }) => {
  const options = attrs as MaxSimOptions;
  const pieces = piecesOf(options, mostOf(flow));
  const sides = {
    queries: backend.handle(inputs.queries!),
    documents: backend.handle(inputs.documents!),
  };
  const wantsWinners = isDifferentiated();
  const dim = inputs.queries!.shape[1]!;
  const parts = pieces.map((piece) =>
    passed(
      flow,
      () => scorePiece(flow, sides, { piece, dim, wantsWinners }),
    )
  );
  const columns = options.ways ?? options.documentOffsets.length - 1;
  const axis = options.ways === undefined ? 1 : 0;
  const scores = joined(flow, parts.map(([scores]) => scores!), axis);
  const winners = wantsWinners
    ? joined(flow, parts.map(([, winners]) => winners!))
    : numbers(flow, new Int32Array(0));
  const size = pieces.reduce((sum, piece) => sum + piece.size, 0);
  return [
    backend.adopt(scores, [options.queryOffsets.length - 1, columns]),
    backend.adopt(winners, [wantsWinners ? size : 0], "int32"),
  ];
};

/** What gradients are made of. */
interface Given extends Sides {
  readonly dscores: Handle;
  readonly winners: Handle;
}

/** What each winner of a piece gets, 0 for all others, `[stacks, query rows, documents' rows]`. */
function sharesOf(flow: Tensors, given: Given, piece: Piece): Handle {
  const { call, whole, reshaped } = flow;
  const { left, right, columns, stacks, place, size } = piece;
  const first = piece.ways === undefined ? piece.documents[0] : 0;
  const own = call("Slice", [
    given.dscores,
    whole([piece.queries[0], first]),
    whole([left.counts.length, columns]),
  ]);
  const texts = left.rows.map((_, i) => Math.floor(i / left.length));
  const share = rowsAt(flow, own, numbers(flow, texts));
  const wins = call("Slice", [given.winners, whole([place]), whole([size])]);
  const starts = Int32Array.from({ length: size }, (_, i) => i * right.length);
  const at = call("AddV2", [wins, numbers(flow, starts)]);
  const shares = call("ScatterNd", [
    reshaped(at, [size, 1]),
    reshaped(ofRealRows(flow, piece, share), [size]),
    whole([size * right.length]),
  ]);
  return reshaped(shares, [stacks, -1, columns * right.length]);
}

/**
 * Gradients from one piece: of its query rows, and of its documents' tokens. Two
 * products with a matrix of mostly zeros take less time than the rows of all winners.
 */
function pieceGradient(
  flow: Tensors,
  given: Given,
  { options, ...known }: Known & { readonly options: MaxSimOptions },
): [dq: Handle, dd: Handle] {
  const { call, whole, reshaped } = flow;
  const { documents, left, right } = known.piece;
  const { a, b, documentRows } = rowsOf(flow, given, known);
  const shares = sharesOf(flow, given, known.piece);
  const dq = call("BatchMatMulV2", [shares, b]);
  const dd = call("BatchMatMulV2", [shares, a], { adj_x: true });
  const [start, end] = documents.map((text) =>
    options.documentOffsets[text]!
  ) as [number, number];
  const places = call("Sub", [documentRows, whole(start)]);
  const theirs = reshaped(dd, [right.rows.length, known.dim]);
  return [
    reshaped(dq, [left.rows.length, known.dim]),
    rowSums({ flow }, theirs, places, end - start),
  ];
}

/**
 * `LabMaxSimGrad`: `[dqueries, ddocuments]`: each winner and its query token get the
 * other. NaN and infinity of a token reach all that it met, not only what it won.
 */
export const maxSimGradient: Kernel = ({ inputs, attrs, backend, flow }) => {
  const options = attrs as MaxSimOptions;
  const [queries, documents, dscores, winners] = [
    ...["queries", "documents", "dscores", "winners"],
  ].map((name) => backend.handle(inputs[name]!)) as [
    Handle,
    Handle,
    Handle,
    Handle,
  ];
  const { shape } = inputs.queries!;
  const dim = shape[1]!;
  const pieces = piecesOf(options, mostOf(flow));
  const parts = pieces.map((piece) =>
    passed(
      flow,
      () =>
        pieceGradient(flow, { queries, documents, dscores, winners }, {
          ...{ piece, options, dim },
        }),
    )
  );
  // Pieces have documents of their own; their queries are all the same, or theirs alone.
  const dqs = parts.map(([dq]) => dq!);
  const areSame = options.ways === undefined;
  const rows = areSame
    ? pieces[0]!.left.rows
    : Int32Array.from(pieces.flatMap(({ left }) => [...left.rows]));
  const sums = !areSame || dqs.length === 1
    ? joined(flow, dqs)
    : flow.call("AddN", [dqs]);
  const dq = rowSums({ flow }, sums, numbers(flow, rows), shape[0]!);
  const dd = joined(flow, parts.map(([, dd]) => dd!));
  return [
    backend.adopt(dq, shape),
    backend.adopt(dd, inputs.documents!.shape),
  ];
};
