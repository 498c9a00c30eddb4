/**
 * The gradient of MaxSim: each winner and its query row get the other, times
 * the gradient of their score.
 *
 * @module
 */
import type { Kernel, KernelCall, Rows } from "../kernel.ts";
import type { Info, OnnxBackend } from "../onnx_backend.ts";
import { ROWS } from "./live_rows.ts";
import { type LaidOut, laidOut } from "./max_sim.ts";
import { SCATTERED, SPREAD } from "./max_sim_graph.ts";
import { eachPair, type Piece } from "./max_sim_plan.ts";

/** Numbers of a piece of winners: 512 KB, for two such arrays. */
const WINNERS = 1 << 17;

/** Rows of a document up to which products take less time than its winners. */
const SHORT = 32;

/** Sums of a query row's gradients that are made side by side. */
const MOST_SUMS = 8;

/** Pieces that are worked off in order: no others add to the same rows. */
interface Chain {
  readonly pieces: readonly Piece[];
  /** The number of its sum of gradients of query rows. */
  readonly sum: number;
}

/** `LabMaxSimGrad`: `[dqueries, ddocuments]`. */
export const maxSimGradient: Kernel = (call) => {
  const { inputs: { queries, documents }, backend } = call;
  const plan = laidOut(call);
  const { queryRows, dim } = plan;
  const chains = chainsOf(plan);
  const count = 1 + Math.max(...chains.map(({ sum }) => sum));
  const sums = backend.allocate([count, queryRows.length, dim]);
  const dd = backend.allocate(documents!.shape);
  [sums, dd].forEach((info) => backend.floats(info).fill(0));
  exchange(call, plan, { chains, sums, dd });
  plan.free();
  const dq = sumOf(backend, sums);
  if (queryRows.length === queries!.shape[0]) return [dq, dd];
  const places = { rows: queryRows, total: queries!.shape[0]! };
  const spread = ROWS.scattered(call, dq, places);
  backend.free(dq);
  return [spread, dd];
};

/**
 * With ways each query is a chain, and has rows of its own; all to all every so
 * many rectangles are one, so that each chain has short documents and long.
 */
function chainsOf({ meetings }: LaidOut): Chain[] {
  if (meetings.length > 1) {
    return meetings.map((own) => ({ pieces: own.flat(), sum: 0 }));
  }
  const [rectangles] = meetings as [LaidOut["meetings"][number]];
  const length = Math.min(MOST_SUMS, rectangles.length);
  return Array.from({ length }, (_, sum) => ({
    pieces: rectangles.filter((_, i) => i % length === sum).flat(),
    sum,
  }));
}

/** What each pair gets of the gradient. */
function sharesOf(
  { inputs, backend }: KernelCall,
  { meetings, pairs, texts, columns }: LaidOut,
): Info {
  const shares = backend.allocate([pairs]);
  const numbers = backend.floats(shares);
  const given = backend.floats(inputs.dscores!);
  for (const piece of meetings.flat(2)) {
    eachPair(piece, (row, column, at) => {
      numbers[at] = given[texts[row]! * columns + column]!;
    });
  }
  return shares;
}

/** Adds up what query rows and winners get from each other. */
function exchange(
  call: KernelCall,
  plan: LaidOut,
  { chains, ...totals }: {
    readonly chains: readonly Chain[];
    readonly sums: Info;
    readonly dd: Info;
  },
): void {
  const { backend } = call;
  const shares = sharesOf(call, plan);
  const order = backend.allocate([SHORT], "int32");
  backend.values(order).set(Int32Array.from({ length: SHORT }, (_, i) => i));
  const note = noter(call, plan, { shares, order, ...totals });
  backend.together(
    chains,
    ({ pieces, sum }) => pieces.forEach((piece) => note(piece, sum)),
  );
  [shares, order].forEach((info) => backend.free(info));
}

/** Notes the calls of a piece that adds to a numbered sum. */
function noter(
  { inputs, backend }: KernelCall,
  { dim, queries, queryRows, documentRows }: LaidOut,
  { shares, order, sums, dd }: Record<"shares" | "order" | "sums" | "dd", Info>,
): (piece: Piece, sum: number) => void {
  const scattered = backend.graph("max sim scattered", () => SCATTERED);
  const spread = backend.graph("max sim spread", () => SPREAD);
  const documents = backend.argument(inputs.documents!);
  const total = backend.argument(dd);
  return (piece, sum) => {
    const { part: [start, count], length, from, place } = piece;
    const rowsOf = (info: Info, row: number) =>
      backend.argument(info, { shape: [count, dim], from: row * dim });
    const own = rowsOf(sums, sum * queryRows.length + start);
    const counted = backend.argument(order, { shape: [length, 1] });
    for (const [first, some] of runsOf(piece, dim)) {
      const met = { shape: [some, count], from: place + first * count };
      const rows = { shape: [some, length], from: from + first * length };
      const given = [
        rowsOf(queries, start),
        documents,
        backend.argument(documentRows, rows),
        backend.argument(inputs.winners!, met),
        backend.argument(shares, met),
        ...[own, total],
      ];
      if (length > SHORT) scattered(given, [own, total]);
      else spread([...given, counted], [own, total]);
    }
  };
}

/** The documents of a piece in runs whose winners are few enough. */
function runsOf(
  { part: [, count], columns, length }: Piece,
  dim: number,
): Rows[] {
  if (length <= SHORT) return [[0, columns.length]];
  const step = Math.max(1, Math.floor(WINNERS / (count * dim)));
  const runs = Math.ceil(columns.length / step);
  return Array.from({ length: runs }, (_, i) => {
    const first = i * step;
    return [first, Math.min(step, columns.length - first)] as const;
  });
}

/** Adds up matrices that lie one behind the other. */
function sumOf(backend: OnnxBackend, sums: Info): Info {
  const sum = backend.allocate(sums.shape.slice(1));
  const graph = backend.graph("max sim sums", () => ({
    inputs: "sums",
    outputs: "sum",
    nodes: [["ReduceSum", "sums first", "sum", { keepdims: 0 }]],
    constants: { first: [0] },
  }));
  graph([backend.argument(sums)], [backend.argument(sum)]);
  backend.free(sums);
  return sum;
}
