import { nearestName } from "../num/nearest_name.ts";

/** What a measure counts. */
export type MeasureFamily =
  | "ndcg"
  | "map"
  | "recip_rank"
  | "recall"
  | "P"
  | "success";

/** A measure of trec_eval, by name. */
export interface Measure {
  /** Its full name: `ndcg_cut_10`, `map`. */
  readonly name: string;
  /** What it counts. */
  readonly family: MeasureFamily;
  /** Ranks that count; infinity where all do. */
  readonly cut: number;
}

const WHOLE: Readonly<Record<string, MeasureFamily>> = {
  ndcg: "ndcg",
  map: "map",
  recip_rank: "recip_rank",
};
const CUT: Readonly<Record<string, MeasureFamily>> = {
  ndcg_cut: "ndcg",
  map_cut: "map",
  recip_rank_cut: "recip_rank",
  recall: "recall",
  P: "P",
  success: "success",
};

/**
 * The measure of a name: `ndcg`, `ndcg_cut_10`, `map`, `map_cut_100`,
 * `recip_rank`, `recall_100`, `P_5`, `success_1`, with any depth from 1.
 *
 * `recip_rank_cut_10` is `recip_rank` over the first 10 ranks only (trec_eval's
 * `-M 10`). trec_eval's dot, `ndcg_cut.10`, is read too. Gain is linear in the
 * grade, the discount `log2(rank + 1)`, and the ideal comes from all judgements,
 * not only from the retrieved.
 *
 * @param name The measure's name.
 * @returns What it counts and how deep.
 * @throws {RangeError} If there is no such measure; the nearest one is named.
 *
 * @example Usage
 * ```ts
 * import { measureNamed } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(measureNamed("ndcg_cut_10").cut, 10);
 * assertEquals(measureNamed("ndcg_cut.10").name, "ndcg_cut_10");
 * ```
 */
export function measureNamed(name: string): Measure {
  if (Object.hasOwn(WHOLE, name)) {
    return { name, family: WHOLE[name]!, cut: Infinity };
  }
  const [, stem = "", digits = ""] = /^(.+)[_.]([1-9]\d*)$/.exec(name) ?? [];
  const cut = Number(digits);
  if (Object.hasOwn(CUT, stem) && Number.isSafeInteger(cut)) {
    return { name: `${stem}_${digits}`, family: CUT[stem]!, cut };
  }
  throw unknownMeasure(name);
}

/** The error of a name that no measure has, with the nearest one at the same depth. */
function unknownMeasure(name: string): RangeError {
  const depth = /[1-9]\d{0,8}/.exec(name)?.[0] ?? "10";
  const known = Object.keys(CUT).map((stem) => `${stem}_${depth}`);
  const cut = name.replace(/^(ndcg|map|recip_rank)[@_.](?=\d)/i, "$1_cut_");
  const near = nearestName(cut, [
    ...known,
    ...Object.keys(WHOLE),
  ]);
  const all = [...Object.keys(WHOLE), ...known].join(", ");
  return new RangeError(
    `Cannot measure ${
      JSON.stringify(name)
    }: expected ${all}, got an unknown name${
      near ? `; did you mean ${near}?` : ""
    }`,
  );
}
