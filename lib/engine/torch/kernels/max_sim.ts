/**
 * MaxSim by bounded pieces: products of the kept rows of queries and documents,
 * the best of each document, and the sum over each query.
 *
 * @module
 */
import { isDifferentiated } from "../../ops/fused.ts";
import type { MaxSimOptions } from "../../ops/max_sim.ts";
import type { Kernel } from "../kernel.ts";
import { ELEMENT, type Handle } from "../operators.ts";
import type { Tensors } from "../tensors.ts";
import {
  type Meeting,
  meetingsOf,
  rectangleOf,
  type Sorted,
  sortedByLength,
} from "./max_sim_plan.ts";

/** Similarities a piece may have: 4 MB for a processor's cache, 1 GB on a GPU. */
export function mostOf({ isCuda }: Tensors): number {
  return isCuda ? 2 ** 28 : 2 ** 20;
}

/** Row numbers on the device. */
export function indices({ fromHost }: Tensors, rows: Int32Array): Handle {
  return fromHost(rows, [rows.length], ELEMENT.int32);
}

/** Rows of a matrix by number. */
export function rowsAt(
  { call }: Tensors,
  matrix: Handle,
  rows: Handle,
): Handle {
  return call("aten::index_select", matrix, { int: 0 }, rows);
}

/**
 * `LabMaxSim`: `[scores, winners]`, where `winners [query tokens, documents met]`
 * is the row of the winning document token, -1 for a dropped query token; the scores
 * alone where nobody will ask for a gradient.
 */
export const maxSim: Kernel = (call) => {
  const { inputs, attrs, backend, torch } = call;
  const options = attrs as MaxSimOptions;
  const queries = options.queryOffsets.length - 1;
  const columns = options.ways ?? options.documentOffsets.length - 1;
  const tokens = inputs.queries!.shape[0]!;
  const winners = isDifferentiated()
    ? torch.full([tokens, columns], -1, ELEMENT.int32)
    : undefined;
  const vectors = [inputs.queries!, inputs.documents!].map((info) =>
    torch.isCuda ? backend.operand(info) : backend.floats(info)
  ) as [Handle, Handle];
  const plan = sortedByLength(options);
  const scores = meetingsOf(plan.options, mostOf(torch)).map((meeting) =>
    torch.passed(() => scoreMeeting(torch, vectors, { plan, meeting, winners }))
  );
  const axis = options.ways === undefined ? 1 : 0;
  const joined = scores.length === 1
    ? scores[0]!
    : torch.call("aten::cat", { tensors: scores }, { int: axis });
  const back = plan.columns && indices(torch, plan.columns);
  const ordered = (made: Handle) =>
    back ? torch.call("aten::index_select", made, { int: 1 }, back) : made;
  const made = backend.adopt(ordered(joined), [queries, columns]);
  if (winners === undefined) return [made];
  return [made, backend.adopt(ordered(winners), [tokens, columns], "int32")];
};

/** Scores of one piece, `[queries, documents met]`; notes its winners. */
function scoreMeeting(
  torch: Tensors,
  [q, d]: readonly [Handle, Handle],
  { plan, meeting, winners }: {
    readonly plan: Sorted;
    readonly meeting: Meeting;
    readonly winners: Handle | undefined;
  },
): Handle {
  const { call } = torch;
  const { queries, documents, ways } = meeting;
  const { options, rows } = plan;
  const left = rectangleOf(options.queryOffsets, options.queryKeep, queries);
  const right = rectangleOf(
    options.documentOffsets,
    options.documentKeep,
    documents,
  );
  const [texts, met] = [left.counts.length, right.counts.length];
  // One product for all queries at once, or one for each query and its own documents.
  const stacks = ways === undefined ? 1 : texts;
  const columns = ways ?? met;
  const rightRows = indices(
    torch,
    rows === undefined ? right.rows : right.rows.map((row) => rows[row]!),
  );
  const leftRows = indices(torch, left.rows);
  const product = products(torch, stacks, [[q, leftRows], [d, rightRows]]);
  const shape = [texts * left.length, columns, right.length];
  const similar = call("aten::view", product, shape);
  if (winners === undefined) {
    const best = call("aten::amax", similar, [2], false);
    return sumOverQueries(torch, best, { ...left, columns });
  }
  const [best, places] = torch.callMany(
    "aten::max.dim",
    [similar, { int: 2 }, false],
    2,
  ) as [Handle, Handle];
  [similar, product].forEach(torch.free);
  noteWinners(torch, winners, {
    meeting,
    leftRows,
    tokens: call("aten::view", rightRows, [stacks, columns, right.length]),
    places: call("aten::view", places, [stacks, -1, columns]),
    columns,
  });
  return sumOverQueries(torch, best, { ...left, columns });
}

/**
 * Products of all rows of the left with all rows of the right, stack by stack, as
 * 32-bit floats: of factors in bf16 too, which only a GPU is given.
 */
function products(
  torch: Tensors,
  stacks: number,
  sides: readonly (readonly [Handle, Handle])[],
): Handle {
  const { call } = torch;
  const [a, b] = sides.map(([x, rows]) =>
    call("aten::reshape", rowsAt(torch, x, rows), [
      stacks,
      -1,
      torch.lengthOf(x, 1),
    ])
  ) as [Handle, Handle];
  const turned = call("aten::transpose.int", b, { int: 1 }, { int: 2 });
  return torch.elementOf(a) === ELEMENT.float32
    ? call("aten::bmm", a, turned)
    : call("aten::bmm.dtype", a, turned, { int: ELEMENT.float32 });
}

/** Writes the rows of the winning document tokens. */
function noteWinners(
  torch: Tensors,
  winners: Handle,
  { meeting, leftRows, tokens, places, columns }: {
    readonly meeting: Meeting;
    readonly leftRows: Handle;
    /** `[stacks, documents, length]`. */
    readonly tokens: Handle;
    /** `[stacks, query rows, documents]`, places in `length`. */
    readonly places: Handle;
    readonly columns: number;
  },
): void {
  const { call } = torch;
  const turned = call("aten::transpose.int", places, { int: 1 }, { int: 2 });
  const found = call("aten::gather", tokens, { int: 2 }, turned, false);
  const rows = call(
    "aten::reshape",
    call("aten::transpose.int", found, { int: 1 }, { int: 2 }),
    [-1, columns],
  );
  const first = meeting.ways === undefined ? meeting.documents[0] : 0;
  const target = torch.cut(winners, 1, first, columns);
  // A padded query row repeats a kept one, and so writes the same once more.
  torch.change(
    "aten::index_copy_",
    target,
    { int: 0 },
    torch.as(leftRows, ELEMENT.int64),
    rows,
  );
}

/** Sums the bests of each query's kept rows; what pads a query adds nothing. */
export function sumOverQueries(
  torch: Tensors,
  best: Handle,
  { counts, length, columns }: {
    readonly counts: Int32Array;
    readonly length: number;
    readonly columns: number;
  },
): Handle {
  const { call } = torch;
  const shape = [counts.length, length, columns];
  let bests = call("aten::view", best, shape);
  if (counts.some((count) => count !== length)) {
    const flags = Uint8Array.from(
      { length: counts.length * length },
      (_, i) => i % length < counts[Math.floor(i / length)]! ? 1 : 0,
    );
    bests = call(
      "aten::where.self",
      torch.fromHost(flags, [counts.length, length, 1], ELEMENT.bool),
      bests,
      torch.full([], 0),
    );
  }
  return call("aten::sum.dim_IntList", bests, { some: [1] }, false, null);
}
