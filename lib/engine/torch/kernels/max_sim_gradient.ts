/**
 * The gradient of MaxSim: each winner and its query token get the other.
 *
 * @module
 */
import type { MaxSimOptions } from "../../ops/max_sim.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import type { Info } from "../torch_backend.ts";
import { rowSums } from "./arrays.ts";
import { indices, mostOf, rowsAt } from "./max_sim.ts";

/** `LabMaxSimGrad`: `[dqueries, ddocuments]`. */
export const maxSimGradient: Kernel = (call) => {
  const { inputs, attrs, backend, torch } = call;
  const options = attrs as MaxSimOptions;
  const { queries, documents, dscores, winners } = inputs as Record<
    "queries" | "documents" | "dscores" | "winners",
    Info
  >;
  const kept = keptRows(options);
  const rows = indices(torch, kept.rows);
  const shares = rowsAt(
    torch,
    backend.floats(dscores),
    indices(torch, kept.texts),
  );
  const wins = rowsAt(torch, backend.handle(winners), rows);
  const [dim, columns] = [queries.shape[1]!, dscores.shape[1]!];
  const q = rowsAt(torch, backend.floats(queries), rows);
  const d = backend.floats(documents);
  const step = Math.max(
    1,
    Math.floor(mostOf(torch) / Math.max(1, kept.rows.length * dim)),
  );
  let dq: Handle | undefined;
  let dd: Handle | undefined;
  const total = (sum: Handle | undefined, more: Handle) =>
    sum === undefined ? more : torch.add(sum, more);
  for (let first = 0; first < columns; first += step) {
    const count = Math.min(step, columns - first);
    const part = exchange({ torch }, { q, d }, {
      share: torch.cut(shares, 1, first, count),
      wins: torch.cut(wins, 1, first, count),
      size: [kept.rows.length, count, dim, documents.shape[0]!],
    });
    dq = total(dq, part.dq);
    dd = total(dd, part.dd);
  }
  const whole = torch.full(queries.shape, 0);
  const places = torch.as(rows, ELEMENT.int64);
  torch.change("aten::index_copy_", whole, { int: 0 }, places, dq!);
  return [
    backend.adopt(whole, queries.shape),
    backend.adopt(dd!, documents.shape),
  ];
};

/** Kept query rows, and the query of each. */
function keptRows({ queryOffsets, queryKeep }: MaxSimOptions) {
  const rows: number[] = [];
  const texts: number[] = [];
  for (let text = 0; text + 1 < queryOffsets.length; text++) {
    for (let row = queryOffsets[text]!; row < queryOffsets[text + 1]!; row++) {
      if (queryKeep[row] === 0) continue;
      rows.push(row);
      texts.push(text);
    }
  }
  return { rows: Int32Array.from(rows), texts: Int32Array.from(texts) };
}

/** Both gradients from some columns of documents. */
function exchange(
  { torch }: Pick<KernelCall, "torch">,
  { q, d }: { readonly q: Handle; readonly d: Handle },
  { share, wins, size }: {
    readonly share: Handle;
    readonly wins: Handle;
    readonly size: readonly [
      rows: number,
      columns: number,
      dim: number,
      tokens: number,
    ];
  },
): { readonly dq: Handle; readonly dd: Handle } {
  const { call } = torch;
  const [rows, columns, dim, tokens] = size;
  const flat = call("aten::reshape", wins, [-1]);
  const theirs = call("aten::view", rowsAt(torch, d, flat), [
    rows,
    columns,
    dim,
  ]);
  const line = call("aten::unsqueeze", share, { int: 1 });
  const dq = call("aten::view", call("aten::bmm", line, theirs), [rows, dim]);
  const weighted = call(
    "aten::mul.Tensor",
    call("aten::unsqueeze", share, { int: 2 }),
    call("aten::unsqueeze", q, { int: 1 }),
  );
  const ours = call("aten::reshape", weighted, [-1, dim]);
  return { dq, dd: rowSums({ torch }, ours, flat, tokens) };
}
