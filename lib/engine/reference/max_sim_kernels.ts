import type { MaxSimOptions } from "../ops/max_sim.ts";
import type { HostArray, HostKernel, HostKernels } from "./host_kernel.ts";

/** A query, a document and the column of scores where they meet. */
interface Pair {
  readonly query: number;
  readonly document: number;
  readonly column: number;
}

/** Every pair that is scored. */
function* pairsOf(options: MaxSimOptions): Generator<Pair> {
  const { queryOffsets, documentOffsets, ways } = options;
  const columns = ways ?? documentOffsets.length - 1;
  for (let query = 0; query + 1 < queryOffsets.length; query++) {
    for (let column = 0; column < columns; column++) {
      const document = ways === undefined ? column : query * ways + column;
      yield { query, document, column };
    }
  }
}

/** Columns of scores. */
function columnsOf({ documentOffsets, ways }: MaxSimOptions): number {
  return ways ?? documentOffsets.length - 1;
}

/** The best kept document token of a query token; the first of equals, NaN before all. */
function bestOf(
  [queries, documents]: readonly [HostArray, HostArray],
  token: number,
  { documentOffsets, documentKeep, document }: MaxSimOptions & Pair,
): { winner: number; best: number } {
  const dim = queries.shape[1]!;
  let [winner, best] = [-1, -Infinity];
  const end = documentOffsets[document + 1]!;
  for (let at = documentOffsets[document]!; at < end; at++) {
    if (documentKeep[at] === 0) continue;
    let similar = 0;
    for (let i = 0; i < dim; i++) {
      similar += queries.values[token * dim + i]! *
        documents.values[at * dim + i]!;
    }
    if (Number.isNaN(similar)) return { winner: at, best: similar };
    if (winner < 0 || similar > best) [winner, best] = [at, similar];
  }
  return { winner, best };
}

/**
 * `LabMaxSim`: `[scores, winners]`.
 *
 * `winners[column * queryTokens + queryToken]` is the winning document token of
 * that column's document, -1 where the query token is dropped. With ways a column
 * is a way, so each query token meets its own query's document there.
 */
const maxSim: HostKernel = ({ inputs, attrs, allocate }) => {
  const options = attrs as unknown as MaxSimOptions;
  const sides = [inputs["queries"]!, inputs["documents"]!] as const;
  const tokens = sides[0].shape[0]!;
  const columns = columnsOf(options);
  const { queryOffsets, queryKeep } = options;
  const scores = allocate([queryOffsets.length - 1, columns], "float32");
  const winners = allocate([columns * tokens], "int32");
  winners.values.fill(-1);
  for (const pair of pairsOf(options)) {
    let score = 0;
    const end = queryOffsets[pair.query + 1]!;
    for (let token = queryOffsets[pair.query]!; token < end; token++) {
      if (queryKeep[token] === 0) continue;
      const { winner, best } = bestOf(sides, token, { ...options, ...pair });
      winners.values[pair.column * tokens + token] = winner;
      score += best;
    }
    scores.values[pair.query * columns + pair.column] = score;
  }
  return [scores, winners];
};

/** `LabMaxSimGrad`: `[dqueries, ddocuments]`; only winners take part. */
const maxSimGrad: HostKernel = ({ inputs, attrs, allocate }) => {
  const options = attrs as unknown as MaxSimOptions;
  const [queries, documents] = [inputs["queries"]!, inputs["documents"]!];
  const { queryOffsets } = options;
  const [tokens, dim] = queries.shape as [number, number];
  const columns = columnsOf(options);
  const dq = new Float64Array(queries.values.length);
  const dd = new Float64Array(documents.values.length);
  for (const { query, column } of pairsOf(options)) {
    const flow = inputs["dscores"]!.values[query * columns + column]!;
    const end = queryOffsets[query + 1]!;
    for (let token = queryOffsets[query]!; token < end; token++) {
      const winner = inputs["winners"]!.values[column * tokens + token]!;
      if (winner < 0) continue;
      for (let i = 0; i < dim; i++) {
        dq[token * dim + i]! += flow * documents.values[winner * dim + i]!;
        dd[winner * dim + i]! += flow * queries.values[token * dim + i]!;
      }
    }
  }
  return ([[dq, queries], [dd, documents]] as const).map(([sums, side]) => {
    const gradient = allocate(side.shape, "float32");
    gradient.values.set(sums);
    return gradient;
  });
};

/** MaxSim and its gradient. */
export const maxSimKernels: HostKernels = {
  LabMaxSim: maxSim,
  LabMaxSimGrad: maxSimGrad,
};
