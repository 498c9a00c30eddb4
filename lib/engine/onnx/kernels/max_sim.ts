/**
 * MaxSim by bounded pieces: a matrix product of query tokens with some document
 * tokens, then the best token of each document, found where it lies.
 *
 * @module
 */
import type { GraphForm } from "../graph.ts";
import type { Kernel, KernelCall } from "../kernel.ts";
import type { Info } from "../onnx_backend.ts";

/** Numbers a piece of similarities may have: 4 MB. */
const PIECE = 1 << 20;

const PRODUCT: GraphForm = {
  inputs: "queries documents",
  outputs: "similar",
  nodes: [["ms.FusedMatMul", "queries documents", "similar", { transB: 1 }]],
};

/** Query rows that meet a range of documents. */
interface Meeting {
  readonly queries: readonly [first: number, end: number];
  readonly documents: readonly [first: number, end: number];
}

/** Everything about one call but its numbers. */
interface Plan {
  readonly queryOffsets: Int32Array;
  readonly documentOffsets: Int32Array;
  readonly queryKeep: Uint8Array;
  readonly documentKeep: Uint8Array;
  readonly ways: number | undefined;
  readonly dim: number;
  /** Documents a query meets. */
  readonly columns: number;
}

/** Reads the plan off a call. */
function planOf({ inputs, attrs }: KernelCall): Plan {
  const plan = attrs as Omit<Plan, "dim" | "columns">;
  const { ways, documentOffsets } = plan;
  const columns = ways ?? documentOffsets.length - 1;
  return { ...plan, ways, dim: inputs.queries!.shape[1]!, columns };
}

/** Who meets whom: everybody at once, or each query its own documents. */
function meetingsOf({ queryOffsets, documentOffsets, ways }: Plan): Meeting[] {
  const queries = queryOffsets.length - 1;
  if (ways === undefined) {
    return [{
      queries: [0, queries],
      documents: [0, documentOffsets.length - 1],
    }];
  }
  return Array.from({ length: queries }, (_, i) => ({
    queries: [i, i + 1] as const,
    documents: [i * ways, (i + 1) * ways] as const,
  }));
}

/** Cuts a meeting so that no piece of similarities is larger than agreed. */
function* piecesOf(
  { queryOffsets, documentOffsets }: Plan,
  { queries, documents }: Meeting,
): Generator<Meeting> {
  const rows = queryOffsets[queries[1]]! - queryOffsets[queries[0]]!;
  const most = Math.max(1, Math.floor(PIECE / Math.max(rows, 1)));
  let first = documents[0];
  while (first < documents[1]) {
    let end = first + 1;
    const start = documentOffsets[first]!;
    while (
      end < documents[1] && documentOffsets[end + 1]! - start <= most
    ) end++;
    yield { queries, documents: [first, end] };
    first = end;
  }
}

/**
 * `LabMaxSim`: `[scores, winners]`, where `winners [query tokens, documents met]`
 * is the row of the winning document token, -1 for a dropped query token.
 */
export const maxSim: Kernel = (call) => {
  const { inputs, backend } = call;
  const plan = planOf(call);
  const { queryOffsets, columns } = plan;
  const scores = backend.allocate([queryOffsets.length - 1, columns]);
  const tokens = inputs.queries!.shape[0]!;
  const winners = backend.allocate([tokens, columns], "int32");
  const found = new Float64Array(scores.shape[0]! * columns);
  const wins = (backend.values(winners) as Int32Array).fill(-1);
  for (const meeting of meetingsOf(plan)) {
    for (const piece of piecesOf(plan, meeting)) {
      const similar = similarities(call, plan, piece);
      takeBest(plan, piece, {
        similar: backend.floats(similar),
        found,
        wins,
      });
      backend.free(similar);
    }
  }
  backend.floats(scores).set(found);
  return [scores, winners];
};

/** Similarities of a piece, `[query tokens, document tokens]`. */
function similarities(
  { inputs, backend }: KernelCall,
  { queryOffsets, documentOffsets, dim }: Plan,
  { queries, documents }: Meeting,
): Info {
  const rowsOf = (offsets: Int32Array, [first, end]: readonly number[]) => {
    const start = offsets[first!]!;
    return { shape: [offsets[end!]! - start, dim], from: start * dim };
  };
  const left = rowsOf(queryOffsets, queries);
  const right = rowsOf(documentOffsets, documents);
  const similar = backend.allocate([left.shape[0]!, right.shape[0]!]);
  backend.graph("max sim", () => PRODUCT)([
    backend.argument(inputs.queries!, left),
    backend.argument(inputs.documents!, right),
  ], [backend.argument(similar)]);
  return similar;
}

/** Adds up the best of each kept query token, and notes who it was. */
function takeBest(
  plan: Plan,
  { queries, documents }: Meeting,
  { similar, found, wins }: {
    similar: Float32Array;
    found: Float64Array;
    wins: Int32Array;
  },
): void {
  const { queryOffsets, documentOffsets, queryKeep, documentKeep } = plan;
  const { columns, ways } = plan;
  const firstRow = queryOffsets[queries[0]]!;
  const firstToken = documentOffsets[documents[0]]!;
  const width = documentOffsets[documents[1]]! - firstToken;
  for (let query = queries[0]; query < queries[1]; query++) {
    const end = queryOffsets[query + 1]!;
    for (let row = queryOffsets[query]!; row < end; row++) {
      if (queryKeep[row] === 0) continue;
      const base = (row - firstRow) * width - firstToken;
      for (let doc = documents[0]; doc < documents[1]; doc++) {
        const column = ways === undefined ? doc : doc - query * ways;
        const best = bestToken(similar, base, {
          from: documentOffsets[doc]!,
          end: documentOffsets[doc + 1]!,
          keep: documentKeep,
        });
        found[query * columns + column]! += similar[base + best]!;
        wins[row * columns + column] = best;
      }
    }
  }
}

/** The first of the best kept tokens of a document; NaN beats everything. */
function bestToken(
  similar: Float32Array,
  base: number,
  { from, end, keep }: { from: number; end: number; keep: Uint8Array },
): number {
  let best = from;
  while (keep[best] === 0) best++;
  let most = similar[base + best]!;
  for (let token = best + 1; token < end; token++) {
    const value = similar[base + token]!;
    // Not "greater than": a NaN must come through here too, and then stay.
    if (!(value <= most) && keep[token] !== 0) {
      if (most !== most) break;
      most = value;
      best = token;
    }
  }
  return best;
}

/** `LabMaxSimGrad`: `[dqueries, ddocuments]`: each winner and its query token get the other. */
export const maxSimGradient: Kernel = (call) => {
  const { inputs, backend } = call;
  const plan = planOf(call);
  const { queries, documents, dscores, winners } = inputs as Record<
    "queries" | "documents" | "dscores" | "winners",
    Info
  >;
  const results = [queries, documents].map((info) =>
    backend.allocate(info.shape)
  ) as [Info, Info];
  const [dq, dd] = results.map((info) => backend.floats(info).fill(0)) as [
    Float32Array,
    Float32Array,
  ];
  exchange(plan, {
    q: backend.floats(queries),
    d: backend.floats(documents),
    dq,
    dd,
    dy: backend.floats(dscores),
    wins: backend.values(winners) as Int32Array,
  });
  return results;
};

/**
 * `dq += share d` and `dd += share q` for every query token and its winners;
 * document by document, whose rows stay in the cache meanwhile.
 */
function exchange(
  { queryOffsets, documentOffsets, ways, columns, dim }: Plan,
  { q, d, dq, dd, dy, wins }:
    & Record<"q" | "d" | "dq" | "dd" | "dy", Float32Array>
    & { wins: Int32Array },
): void {
  for (let doc = 0; doc + 1 < documentOffsets.length; doc++) {
    const first = ways === undefined ? 0 : Math.floor(doc / ways);
    const last = ways === undefined ? queryOffsets.length - 2 : first;
    const column = ways === undefined ? doc : doc - first * ways;
    for (let query = first; query <= last; query++) {
      const share = dy[query * columns + column]!;
      const end = queryOffsets[query + 1]!;
      for (let row = queryOffsets[query]!; row < end; row++) {
        const token = wins[row * columns + column]!;
        if (token < 0) continue;
        const left = row * dim;
        const right = token * dim;
        for (let j = 0; j < dim; j++) {
          dq[left + j]! += share * d[right + j]!;
          dd[right + j]! += share * q[left + j]!;
        }
      }
    }
  }
}
