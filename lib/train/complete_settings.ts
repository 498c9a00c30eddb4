import type { ModelFamily } from "../store/model/model.ts";
import { refuseSetting, type SettingValue } from "./setting.ts";
import { type GivenSettings, TRAIN_SETTINGS } from "./setting_table.ts";
import type { TrainSettings } from "./settings.ts";

/** What the defaults depend on. */
export interface SettingContext {
  /** Kind of the model. */
  readonly family: ModelFamily;
  /** Queries that can be trained on. */
  readonly trainingQueries: number;
  /** Whether the data brings teacher scores. */
  readonly teacherScores: boolean;
  /** Documents a query that the data brings scores for. */
  readonly scoredWays?: number;
  /** Whether the data brings hard negatives. */
  readonly givenNegatives: boolean;
  /** Forms stored with the model, which win over the family's defaults. */
  readonly stored?: {
    readonly queryLength?: number;
    readonly queryForm?: string;
    readonly documentLength?: number;
    readonly dim?: number;
  };
  /** Longest text the model takes, in tokens; defaults stay within it. */
  readonly maxTokens?: number;
  /** The engine in use. */
  readonly engine: string;
}

/**
 * Defaults of a family of models. `steps` is the most that are taken unless
 * steps or epochs are asked for: minutes on a laptop, whatever the data.
 */
const FAMILY = {
  "use-lite": {
    steps: 200,
    batch: 64,
    ways: 4,
    queryLength: 32,
    documentLength: 64,
    queryForm: "none",
    learningRate: 1e-3,
    temperature: 0.5,
  },
  "bert": {
    steps: 200,
    batch: 16,
    ways: 4,
    queryLength: 32,
    documentLength: 180,
    queryForm: "fixed",
    learningRate: 3e-5,
    temperature: 1,
  },
} as const;

/**
 * Completes given settings with the defaults of the model and the data.
 *
 * @param given Settings by flag name, already checked.
 * @param context What the defaults depend on.
 * @returns Every setting.
 * @throws {RangeError} If two settings contradict each other, or a batch has
 * more queries than there are.
 */
export function completeSettings(
  given: GivenSettings,
  context: SettingContext,
): TrainSettings {
  const family = FAMILY[context.family === "use-lite" ? "use-lite" : "bert"];
  const pick = <T extends SettingValue>(name: string, otherwise: T): T =>
    (given[name] ?? TRAIN_SETTINGS[name]?.default ?? otherwise) as T;
  const number = (name: string, otherwise: number) =>
    pick<number>(name, otherwise);
  const text = (name: string, otherwise: string) =>
    pick<string>(name, otherwise);
  const loss = lossOf(text("loss", "auto"), context, given);
  const batch = number(
    "batch",
    Math.min(family.batch, context.trainingQueries),
  );
  if (batch > context.trainingQueries) {
    throw refuseSetting(
      "--batch",
      `at most ${context.trainingQueries}, the queries to train on`,
      `${batch}`,
    );
  }
  const { maxTokens = Infinity, stored } = context;
  const perEpoch = Math.max(1, Math.floor(context.trainingQueries / batch));
  const steps = number(
    "steps",
    given.epochs === undefined
      ? Math.min(perEpoch, family.steps)
      : Math.max(1, Math.round(Number(given.epochs) * perEpoch)),
  );
  const optimizer = text("optimizer", "adamw");
  return {
    model: text("model", "use-lite"),
    data: text("data", "wordnet"),
    split: text("split", "train"),
    loss,
    temperature: number("temperature", loss === "kl" ? 1 : family.temperature),
    optimizer,
    schedule: text(
      "schedule",
      optimizer.startsWith("schedule-free") ? "constant" : "linear",
    ),
    learningRate: number("learning-rate", family.learningRate),
    warmup: number("warmup", 0.05),
    weightDecay: number("weight-decay", 0.01),
    clip: number("clip", 1),
    steps,
    epochs: number("epochs", steps / perEpoch),
    batch,
    ways: number("ways", context.scoredWays ?? family.ways),
    queryLength: number(
      "query-length",
      stored?.queryLength ?? Math.min(family.queryLength, maxTokens),
    ),
    queryForm: text("query-form", stored?.queryForm ?? family.queryForm),
    documentLength: number(
      "document-length",
      stored?.documentLength ?? Math.min(family.documentLength, maxTokens),
    ),
    dim: number("dim", stored?.dim ?? 128),
    dropout: number("dropout", 0),
    seed: number("seed", 1),
    engine: context.engine,
    precision: text("precision", "fp32"),
    teacher: text("teacher", ""),
    negatives: negativesOf(text("negatives", "auto"), context),
    evalEvery: number("eval-every", 0),
    saveEvery: number("save-every", 250),
  };
}

function lossOf(
  asked: string,
  context: SettingContext,
  given: GivenSettings,
): TrainSettings["loss"] {
  const live = typeof given.teacher === "string" && given.teacher !== "";
  const scored = context.teacherScores || live;
  if (asked === "auto") return scored ? "kl" : "contrastive";
  if (live && asked !== "kl") {
    throw new RangeError(
      `Cannot use --teacher with --loss ${asked}: expected --loss kl, which learns from a teacher's scores, got one that does not`,
    );
  }
  if (asked === "kl" && !scored) {
    throw new RangeError(
      "Cannot use --loss kl: expected teacher scores in the data or --teacher DIR, got neither",
    );
  }
  return asked as TrainSettings["loss"];
}

function negativesOf(asked: string, context: SettingContext): string {
  if (asked === "auto") return context.givenNegatives ? "given" : "bm25";
  if (asked === "given" && !context.givenNegatives) {
    throw new RangeError(
      "Cannot use --negatives given: expected hard negatives in the data, got none; try bm25",
    );
  }
  return asked;
}
