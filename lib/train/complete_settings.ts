import type { ModelFamily } from "../store/model/model.ts";
import { isDistillation, mixesBatch } from "./batch_loss.ts";
import { batchesOf } from "./source_order.ts";
import { refuseSetting, type SettingValue } from "./setting.ts";
import { type GivenSettings, TRAIN_SETTINGS } from "./setting_table.ts";
import type { TrainSettings } from "./settings.ts";

/** What the defaults depend on. */
export interface SettingContext {
  /** Kind of the model. */
  readonly family: ModelFamily;
  /** Queries that can be trained on. */
  readonly trainingQueries: number;
  /** The same source by source. Default: one source. */
  readonly sourceQueries?: readonly number[];
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
    // An encoder that never met [MASK] needs more steps than these to use it.
    queryForm: "none",
    learningRate: 3e-5,
    temperature: 1,
  },
} as const;

/** The defaults of a family; every encoder of Hugging Face has BERT's. */
function familyDefaults(family: ModelFamily) {
  return FAMILY[family === "use-lite" ? family : "bert"];
}

/**
 * Completes given settings with the defaults of the model and the data.
 *
 * @param given Settings by flag name, already checked.
 * @param context What the defaults depend on.
 * @returns Every setting.
 * @throws {RangeError} If two settings contradict each other, or a batch has
 * more queries than there are.
 *
 * @example Usage
 * ```ts
 * import { completeSettings } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const settings = completeSettings({ epochs: 2 }, {
 *   family: "bert",
 *   trainingQueries: 160,
 *   teacherScores: true,
 *   givenNegatives: false,
 *   engine: "onnx",
 * });
 * const { loss, batch, steps, negatives } = settings;
 * assertEquals([loss, batch, steps, negatives], ["kl", 16, 20, "bm25"]);
 * ```
 */
export function completeSettings(
  given: GivenSettings,
  context: SettingContext,
): TrainSettings {
  const pick = picker(given);
  const loss = lossOf(pick("loss", "auto"), context, given);
  const pace = paceOf(given, context);
  return {
    model: pick("model", "use-lite"),
    data: pick("data", "wordnet"),
    sources: pick("sources", ""),
    split: pick("split", "train"),
    loss,
    temperature: pick(
      "temperature",
      isDistillation(loss) ? 1 : familyDefaults(context.family).temperature,
    ),
    ...optimizerOf(pick, context),
    ...pace,
    ...memoryOf(pick, loss, pace.batch),
    ...formsOf(pick, context),
    dropout: pick("dropout", 0),
    seed: pick("seed", 1),
    engine: context.engine,
    precision: pick("precision", "fp32"),
    teacher: pick("teacher", ""),
    negatives: negativesOf(pick("negatives", "auto"), context),
    evalEvery: pick("eval-every", 0),
    saveEvery: pick("save-every", 250),
  };
}

/** Gives a setting: as given, else the table's default, else what depends on others. */
type Pick = <T extends SettingValue>(
  name: string,
  otherwise: T,
) => T extends string ? string : T extends number ? number : boolean;

function picker(given: GivenSettings): Pick {
  return (name, otherwise) =>
    (given[name] ?? TRAIN_SETTINGS[name]?.default ?? otherwise) as never;
}

/** The rule from gradients to parameters. */
function optimizerOf(pick: Pick, { family }: SettingContext) {
  const optimizer = pick("optimizer", "adamw");
  return {
    optimizer,
    schedule: pick(
      "schedule",
      optimizer.startsWith("schedule-free") ? "constant" : "linear",
    ),
    learningRate: pick("learning-rate", familyDefaults(family).learningRate),
    warmup: pick("warmup", 0.05),
    weightDecay: pick("weight-decay", 0.01),
    clip: pick("clip", 1),
  };
}

/** How much a step takes, and how many there are. */
function paceOf(given: GivenSettings, context: SettingContext) {
  const pick = picker(given);
  const family = familyDefaults(context.family);
  const { trainingQueries, sourceQueries = [trainingQueries] } = context;
  const least = Math.min(...sourceQueries);
  const batch = pick("batch", Math.min(family.batch, least));
  if (batch > least) {
    throw refuseSetting(
      "--batch",
      `at most ${least}, the queries ${
        sourceQueries.length > 1 ? "of the smallest source" : "to train on"
      }`,
      `${batch}`,
    );
  }
  const perEpoch = batchesOf(sourceQueries, batch)
    .reduce((sum, batches) => sum + batches, 0);
  const steps = pick(
    "steps",
    given.epochs === undefined
      ? Math.min(perEpoch, family.steps)
      : Math.max(1, Math.round(Number(given.epochs) * perEpoch)),
  );
  return {
    steps,
    epochs: pick("epochs", steps / perEpoch),
    batch,
    ways: pick("ways", context.scoredWays ?? family.ways),
  };
}

/** In how many pieces a step is computed. */
function memoryOf(pick: Pick, loss: string, batch: number) {
  const accumulate = pick("accumulate", 1);
  if (accumulate > 1 && mixesBatch(loss)) {
    throw new RangeError(
      `Cannot use --accumulate with --loss ${loss}: expected a loss that takes each query by itself (all but contrastive), got one over the whole batch; use --chunk, which gives the whole batch's gradient`,
    );
  }
  if (accumulate > batch) {
    throw refuseSetting(
      "--accumulate",
      `at most ${batch}, the queries of a step`,
      `${accumulate}`,
    );
  }
  return { accumulate, chunk: pick("chunk", 0) };
}

/** Lengths and forms: those given, those stored with the model, the family's. */
function formsOf(
  pick: Pick,
  { family: name, maxTokens = Infinity, stored }: SettingContext,
) {
  const family = familyDefaults(name);
  return {
    queryLength: pick(
      "query-length",
      stored?.queryLength ?? Math.min(family.queryLength, maxTokens),
    ),
    queryForm: pick("query-form", stored?.queryForm ?? family.queryForm),
    documentLength: pick(
      "document-length",
      stored?.documentLength ?? Math.min(family.documentLength, maxTokens),
    ),
    dim: pick("dim", stored?.dim ?? 128),
  };
}

function lossOf(
  asked: string,
  context: SettingContext,
  given: GivenSettings,
): string {
  const live = typeof given.teacher === "string" && given.teacher !== "";
  const scored = context.teacherScores || live;
  if (asked === "auto") return scored ? "kl" : "contrastive";
  if (live && !isDistillation(asked)) {
    throw new RangeError(
      `Cannot use --teacher with --loss ${asked}: expected a loss that learns from a teacher's scores, such as kl, got one that does not`,
    );
  }
  if (isDistillation(asked) && !scored) {
    throw new RangeError(
      `Cannot use --loss ${asked}: expected teacher scores in the data or --teacher DIR, got neither`,
    );
  }
  return asked;
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
