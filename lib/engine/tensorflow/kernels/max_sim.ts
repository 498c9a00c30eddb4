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

/** Scores of a piece, `[queries, columns]`, and the rows of its winners where asked for. */
function scorePiece(
  flow: Tensors,
  { queries, documents }: Sides,
  { piece, dim, wantsWinners }: {
    readonly piece: Piece;
    readonly dim: number;
    readonly wantsWinners: boolean;
  },
): { readonly scores: Handle; readonly winners: Handle[] } {
  const { call, whole, reshaped } = flow;
  const { left, right, stacks, columns } = piece;
  const documentRows = numbers(flow, right.rows);
  const [a, b] = [
    rowsAt(flow, queries, numbers(flow, left.rows)),
    rowsAt(flow, documents, documentRows),
  ].map((rows) => reshaped(rows, [stacks, -1, dim])) as [Handle, Handle];
  const similar = reshaped(call("BatchMatMulV2", [a, b], { adj_y: true }), [
    left.rows.length,
    columns,
    right.length,
  ]);
  const best = ofRealRows(flow, piece, call("Max", [similar, whole([2])]));
  const shape = [left.counts.length, left.length, columns];
  const scores = call("Sum", [reshaped(best, shape), whole([1])]);
  if (!wantsWinners) return { scores, winners: [] };
  const places = call("ArgMax", [similar, whole(2)], {
    output_type: { type: ELEMENT.int32 },
  });
  const starts = Int32Array.from(right.counts, (_, i) => i * right.length);
  const at = call("AddV2", [
    reshaped(places, [stacks, -1, columns]),
    numbers(flow, starts, [stacks, 1, columns]),
  ]);
  return { scores, winners: [rowsAt(flow, documentRows, reshaped(at, [-1]))] };
}

/**
 * `LabMaxSim`: `[scores, winners]`, where `winners` are the rows of the winning
 * document tokens, piece by piece `[query rows, columns]`; empty where no gradient
 * will ask for them.
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
    passed(flow, () => {
      const made = scorePiece(flow, sides, { piece, dim, wantsWinners });
      return [made.scores, ...made.winners];
    })
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

/** Gradients from one piece: of its query rows, and of its documents' tokens. */
function pieceGradient(
  flow: Tensors,
  { queries, documents, dscores, winners }: Sides & {
    readonly dscores: Handle;
    readonly winners: Handle;
  },
  { piece, options, dim }: {
    readonly piece: Piece;
    readonly options: MaxSimOptions;
    readonly dim: number;
  },
): [dq: Handle, dd: Handle] {
  const { call, whole, reshaped } = flow;
  const { left, columns, place, size } = piece;
  const rows = left.rows.length;
  const wins = call("Slice", [winners, whole([place]), whole([size])]);
  const [firstQuery] = piece.queries;
  const texts = left.rows.map((_, i) => Math.floor(i / left.length));
  const first = piece.ways === undefined ? piece.documents[0] : 0;
  const own = call("Slice", [
    dscores,
    whole([firstQuery, first]),
    whole([left.counts.length, columns]),
  ]);
  const share = rowsAt(flow, own, numbers(flow, texts));
  const real = ofRealRows(flow, piece, share);
  const theirs = reshaped(rowsAt(flow, documents, wins), [rows, columns, dim]);
  const line = reshaped(real, [rows, 1, columns]);
  const dq = reshaped(call("BatchMatMulV2", [line, theirs]), [rows, dim]);
  const ours = call("Mul", [
    reshaped(real, [rows, columns, 1]),
    reshaped(rowsAt(flow, queries, numbers(flow, left.rows)), [rows, 1, dim]),
  ]);
  const [start, end] = piece.documents.map((text) =>
    options.documentOffsets[text]!
  ) as [number, number];
  const local = call("Sub", [wins, whole(start)]);
  const flat = reshaped(ours, [size, dim]);
  return [dq, rowSums({ flow }, flat, local, end - start)];
}

/** `LabMaxSimGrad`: `[dqueries, ddocuments]`: each winner and its query token get the other. */
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
