import type { EngineName } from "../engine/use_engine.ts";
import type { Progress } from "../num/progress.ts";
import type { ItemValues } from "../store/results/item_values.ts";
import type { LedgerSetting } from "../store/results/ledger_row.ts";

/** How large an experiment is run: seconds to see that it works, or the real thing. */
export type Scale = "smoke" | "small";

/** The scales, smallest first. */
export const SCALES: readonly Scale[] = ["smoke", "small"];

/** ArmSettings by name. */
export type ArmSettings = Readonly<Record<string, LedgerSetting>>;

/** One setting that is compared with others. */
export interface Arm {
  /** Its name in tables. */
  readonly name: string;
  /** What sets it apart. */
  readonly settings: ArmSettings;
}

/** That one arm measures more than another. */
export interface MoreClaim {
  /** Name within the experiment, such as `a`. */
  readonly id: string;
  /** The claim in a sentence. */
  readonly says: string;
  /** What counts. */
  readonly kind: "more";
  /** Name of the measure. */
  readonly measure: string;
  /** The arm that is said to measure more. */
  readonly arm: string;
  /** The arm it is held against. */
  readonly than: string;
}

/** That two arms differ by less than a margin, which was stated before the numbers. */
export interface SameClaim extends Omit<MoreClaim, "kind"> {
  /** What counts. */
  readonly kind: "same";
  /** Differences below it do not matter; in the measure's unit. */
  readonly margin: number;
}

/** That a measure is never below a value: for theorems, one exception refutes it. */
export interface AlwaysClaim extends Omit<MoreClaim, "kind" | "arm" | "than"> {
  /** What counts. */
  readonly kind: "always";
  /** The arms it is said of. */
  readonly arms: readonly string[];
  /** The least value allowed. */
  readonly least: number;
}

/** A claim of a paper, or of ours, that an experiment can decide. */
export type Claim = MoreClaim | SameClaim | AlwaysClaim;

/** What an experiment is asked to measure. */
export interface Measuring {
  /** The arms that are missing; results may come in any order. */
  readonly arms: readonly Arm[];
  /** Seed of everything random. */
  readonly seed: number;
  /** The settings of the scale. */
  readonly settings: ArmSettings;
  /** Folder for work that a later call can go on with. */
  readonly work: string;
  /** The engine in use. */
  readonly engine: EngineName;
  /** Told of every part of long work. */
  readonly progress?: Progress;
  /** Stops after the part under way. */
  readonly signal?: AbortSignal;
}

/** One finished arm. */
export interface Measured {
  /** Its name. */
  readonly arm: string;
  /** Values of every item. */
  readonly values: ItemValues;
}

/** An experiment as data: all that is decided before a number is seen. */
export interface Experiment {
  /** Its id, such as `S-2`. */
  readonly id: string;
  /** The paper, with year. */
  readonly paper: string;
  /** Where in the paper: table and row, figure, section. */
  readonly where: string;
  /** The question, ending with a question mark. */
  readonly question: string;
  /** What is expected, and why. */
  readonly hypothesis: string;
  /** The settings compared. */
  readonly arms: readonly Arm[];
  /** The arm that is repeated with other seeds, to see the noise. */
  readonly baseline: string;
  /** The measure that tables show first; more is better. */
  readonly measure: string;
  /** What an item is, in the plural: queries, problems. */
  readonly items: string;
  /** What would count, one entry a claim. */
  readonly claims: readonly Claim[];
  /** Where we do not follow the paper. */
  readonly differs: readonly string[];
  /** ArmSettings and a line for people, by scale. */
  readonly scales: Readonly<
    Record<Scale, { readonly says: string; readonly settings: ArmSettings }>
  >;
  /** The engine it is meant for. */
  readonly engine: EngineName | "auto";
  /**
   * Measures arms for one seed.
   *
   * @param asked Which arms, seed, settings.
   * @yields Each arm as it is finished.
   */
  run(asked: Measuring): AsyncIterable<Measured>;
}
