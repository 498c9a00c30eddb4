/**
 * MaxSim by bounded pieces, side by side on all threads: a product of some
 * documents with some query rows, and the best of each document, found while
 * the product still lies in the cache.
 *
 * @module
 */
import { isDifferentiated } from "../../ops/fused.ts";
import type { MaxSimOptions } from "../../ops/max_sim.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import type { Info } from "../onnx_backend.ts";
import { ROWS } from "./live_rows.ts";
import { bestForm, DOUBT } from "./max_sim_graph.ts";
import { eachPair, type Plan, planOf } from "./max_sim_plan.ts";

/** A plan, and the numbers it goes by. */
export interface LaidOut extends Plan {
  readonly dim: number;
  /** The plan's rows of documents. */
  readonly documentRows: Info;
  /** The query rows that count. */
  readonly queries: Info;
  readonly free: () => void;
}

/** Plans a call. */
export function laidOut(call: KernelCall): LaidOut {
  const { inputs: { queries }, attrs, backend } = call;
  const dim = queries!.shape[1]!;
  const plan = planOf(attrs as MaxSimOptions, dim);
  const documentRows = backend.allocate([plan.rows.length], "int32");
  backend.values(documentRows).set(plan.rows);
  const kept = plan.queryRows.length === queries!.shape[0]
    ? backend.reshaped(queries!, queries!.shape)
    : ROWS.gathered(call, queries!, plan.queryRows);
  const free = () => [documentRows, kept].forEach((info) => backend.free(info));
  return { ...plan, dim, documentRows, queries: kept, free };
}

/**
 * `LabMaxSim`: `[scores, places]`, where `places` has for each pair of the plan
 * the winner's place among its document's rows that count; the scores alone
 * where nobody will ask for a gradient.
 *
 * The scores of a document with NaN or infinity in it are NaN.
 */
export const maxSim: Kernel = (call) => {
  const { backend, attrs } = call;
  const plan = laidOut(call);
  const { texts, columns, meetings, pairs } = plan;
  const best = backend.allocate([pairs]);
  const places = isDifferentiated() ? [backend.allocate([pairs], "int32")] : [];
  findBest(call, plan, [best, ...places]);
  const shape = [attrs.queryOffsets.length - 1, columns];
  const sums = new Float64Array(shape[0]! * columns);
  const numbers = backend.floats(best);
  for (const piece of meetings.flat(2)) {
    eachPair(piece, (row, column, at) => {
      sums[texts[row]! * columns + column]! += numbers[at]!;
    });
  }
  backend.free(best);
  plan.free();
  const scores = backend.allocate(shape);
  backend.floats(scores).set(sums);
  return [scores, ...places];
};

/** Computes the best of each pair, and its place where there is room for it. */
function findBest(
  { inputs, backend }: KernelCall,
  { meetings, queries, documentRows, dim }: LaidOut,
  results: readonly Info[],
): void {
  const doubt = backend.allocate([queries.shape[0]!]);
  backend.graph("max sim doubt", () => DOUBT)(
    [backend.argument(queries)],
    [backend.argument(doubt)],
  );
  const wantsPlaces = results.length > 1;
  const name = `max sim ${wantsPlaces}`;
  const graph = backend.graph(name, () => bestForm(wantsPlaces));
  const documents = backend.argument(inputs.documents!);
  backend.together(meetings.flat(2), (piece) => {
    const { part: [start, count], columns, length, from, place } = piece;
    const own = { shape: [columns.length, 1, count], from: place };
    const rows = { shape: [columns.length, length], from };
    graph([
      backend.argument(queries, { shape: [count, dim], from: start * dim }),
      documents,
      backend.argument(documentRows, rows),
      backend.argument(doubt, { shape: [count], from: start }),
    ], results.map((info) => backend.argument(info, own)));
  });
  backend.free(doubt);
}
