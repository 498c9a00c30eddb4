import { mean } from "../num/mean.ts";
import { badLine, parseLines } from "./parse_lines.ts";
import { setOnce } from "./parse_run.ts";
import type { PerQuery, Qrels, Run } from "./run.ts";

/** Ranks from 1, by query id, then document id: a run without scores. */
export type RankedRun = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * Reads a run in MS MARCO's format: `query document rank`, a line a retrieved
 * document.
 *
 * @param text The whole file, decompressed.
 * @param where Its name, for errors.
 * @returns Ranks by query, then document.
 * @throws {SyntaxError} With file and line, if a line has not three columns, a
 * rank is not a whole number from 1, or a query has a document or a rank twice;
 * or if there is no line at all.
 *
 * @example Usage
 * ```ts
 * import { parseRankedRun } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = parseRankedRun("q1\td7\t1\n", "run.tsv");
 * assertEquals(run.get("q1")?.get("d7"), 1);
 * ```
 */
export function parseRankedRun(text: string, where: string): RankedRun {
  const run = new Map<string, Map<string, number>>();
  const taken = new Map<string, Set<number>>();
  for (const { columns, at } of parseLines(text, where)) {
    const [query = "", document = "", written = ""] = columns;
    if (columns.length !== 3) {
      throw badLine(at, "3 columns: query document rank", `${columns.length}`);
    }
    if (!/^[1-9]\d{0,8}$/.test(written)) {
      throw badLine(at, "a rank from 1", JSON.stringify(written));
    }
    const rank = Number(written);
    setOnce(run, { query, document, value: rank, at });
    const ranks = taken.get(query) ?? new Set();
    if (ranks.has(rank)) {
      throw badLine(at, "each rank once for a query", `rank ${rank} again`);
    }
    taken.set(query, ranks.add(rank));
  }
  if (run.size === 0) throw badLine(where, "a retrieved document", "none");
  return run;
}

/**
 * A run with scores in the order of given ranks, so that every measure can be
 * taken of it: rank 1 scores -1, rank 2 scores -2.
 *
 * There are no ties. `recip_rank_cut_10` of it, complete, is MS MARCO's MRR@10: a
 * query's ranks must be 1 to the number of its documents, since a rank left out
 * would move up those after it.
 *
 * Range: 32-bit floats tell ranks up to 16,777,216 apart.
 *
 * @param run Ranks by query, then document.
 * @returns Scores by query, then document.
 * @throws {RangeError} If a rank of a query is left out.
 *
 * @example Usage
 * ```ts
 * import { scoredByRank } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = scoredByRank(new Map([["q", new Map([["a", 2], ["b", 1]])]]));
 * assertEquals(run.get("q")?.get("a"), -2);
 * ```
 */
export function scoredByRank(run: RankedRun): Run {
  return new Map(
    [...run].map(([query, ranks]) => {
      checkWhole(query, ranks);
      const scores = [...ranks].map(([document, rank]) =>
        [document, -rank] as const
      );
      return [query, new Map(scores)];
    }),
  );
}

/** Refuses ranks with a gap. */
function checkWhole(query: string, ranks: ReadonlyMap<string, number>): void {
  const there = new Set(ranks.values());
  for (let rank = 1; rank <= ranks.size; rank++) {
    if (there.has(rank)) continue;
    throw new RangeError(
      `Cannot score by rank: expected ranks 1 to ${ranks.size} of query "${query}", got none of ${rank}`,
    );
  }
}

/**
 * MS MARCO's MRR@10: the rank of the first relevant document, from the file.
 *
 *     MRR@10 = sum over queries of 1 / rank of the first relevant, up to 10,
 *              over all judged queries
 *
 * Unlike `recip_rank`, it knows no scores and so no ties, and a judged query that
 * the run lacks counts as 0. Queries without judgements are left out.
 *
 * Range: `[0, 1]`.
 * Source: MS MARCO's evaluation script. Differs: that script takes every judged
 * document as relevant whatever its grade, here a grade of 1 or more is.
 *
 * @param run Ranks by query, then document.
 * @param qrels Grades by query, then document.
 * @param options Ranks that count, default 10.
 * @returns Values by query, and their mean over all judged queries.
 * @throws {RangeError} If there are no judgements, no query is both retrieved
 * and judged, or the depth is not a whole number of at least 1.
 *
 * @example Usage
 * ```ts
 * import { msMarcoMrr } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = new Map([["q1", new Map([["a", 1], ["b", 2]])]]);
 * const qrels = new Map([["q1", new Map([["b", 1]])], ["q2", new Map([["c", 1]])]]);
 * assertEquals(msMarcoMrr(run, qrels).mean, (1 / 2 + 0) / 2);
 * ```
 */
export function msMarcoMrr(
  run: RankedRun,
  qrels: Qrels,
  options: { readonly cut?: number } = {},
): { readonly perQuery: PerQuery; readonly mean: number } {
  const { cut = 10 } = options;
  if (!Number.isSafeInteger(cut) || cut < 1) {
    throw new RangeError(
      `Cannot measure MRR: expected a depth of at least 1, got ${cut}`,
    );
  }
  if (![...qrels.keys()].some((query) => run.has(query))) {
    throw new RangeError(
      `Cannot measure MRR: expected a query that is both retrieved and judged, got none of ${run.size} and ${qrels.size}`,
    );
  }
  const perQuery = new Map(
    [...qrels].map(([query, grades]) => {
      const ranks = [...run.get(query) ?? []]
        .filter(([document]) => (grades.get(document) ?? 0) >= 1)
        .map(([, rank]) => rank);
      const first = Math.min(...ranks, Infinity);
      return [query, first <= cut ? 1 / first : 0] as const;
    }),
  );
  return { perQuery, mean: mean([...perQuery.values()]) };
}
