import {
  type SettingTable,
  type SettingValue,
  settingValue,
  unknownSetting,
} from "./setting.ts";

/** Every setting of a training run, complete: what `settings.json` holds. */
export interface TrainSettings {
  /** `use-lite`, a model folder, or a hub id. */
  readonly model: string;
  /** `wordnet`, or a BEIR folder. */
  readonly data: string;
  /** The split whose judgements are trained on. */
  readonly split: string;
  /** What the scores are held against. */
  readonly loss: "kl" | "contrastive" | "pairwise";
  /** Divisor of the scores before the softmax. */
  readonly temperature: number;
  /** The rule from gradients to parameters. */
  readonly optimizer: string;
  /** How the learning rate moves after the warm-up. */
  readonly schedule: string;
  /** The highest learning rate. */
  readonly learningRate: number;
  /** Steps of warm-up; below 1, the share of all steps. */
  readonly warmup: number;
  /** Decoupled weight decay, not on biases and norms. */
  readonly weightDecay: number;
  /** Largest global norm of the gradient; 0 means no clipping. */
  readonly clip: number;
  /** Optimisation steps in all. */
  readonly steps: number;
  /** Passes over the training queries; `steps` follows from it unless given. */
  readonly epochs: number;
  /** Queries a step. */
  readonly batch: number;
  /** Documents a query: its positive and its hard negatives. */
  readonly ways: number;
  /** Longest query, in tokens. */
  readonly queryLength: number;
  /** How a query is filled with [MASK]. */
  readonly queryForm: string;
  /** Longest document, in tokens. */
  readonly documentLength: number;
  /** Length of a token vector. */
  readonly dim: number;
  /** Share of hidden features dropped. */
  readonly dropout: number;
  /** Seed of every random stream. */
  readonly seed: number;
  /** The engine that computes. */
  readonly engine: string;
  /** Storage of activations. */
  readonly precision: string;
  /** Folder of a model that scores every batch; empty for none. */
  readonly teacher: string;
  /** Where hard negatives come from. */
  readonly negatives: string;
  /** Steps between evaluations on dev queries; 0 means never. */
  readonly evalEvery: number;
  /** Steps between checkpoints; 0 means never. */
  readonly saveEvery: number;
}

/** Settings that were given, by the names that flags have. */
export type GivenSettings = Readonly<Record<string, SettingValue>>;

/** The training settings by flag name; the defaults marked `auto` depend on model and data. */
export const TRAIN_SETTINGS: SettingTable = {
  model: {
    type: "string",
    default: "use-lite",
    help: "use-lite, a model folder, or a hub id such as org/name[@revision]",
  },
  data: {
    type: "string",
    default: "wordnet",
    help: "wordnet, or a BEIR folder",
  },
  split: { type: "string", default: "train", help: "the split to train on" },
  loss: {
    type: "string",
    choices: ["auto", "kl", "contrastive", "pairwise"],
    default: "auto",
    help: "auto is kl where there are teacher scores, else contrastive",
  },
  temperature: {
    type: "number",
    min: 1e-6,
    help: "divisor of the scores before the softmax (default by loss)",
  },
  optimizer: {
    type: "string",
    choices: ["adamw", "schedule-free-adamw", "sgd"],
    default: "adamw",
    help: "the rule from gradients to parameters",
  },
  schedule: {
    type: "string",
    choices: ["linear", "constant"],
    help:
      "learning rate after the warm-up (default linear; constant with schedule-free)",
  },
  "learning-rate": {
    type: "number",
    min: 0,
    help: "highest rate (default by model)",
  },
  warmup: {
    type: "number",
    min: 0,
    default: 0.05,
    help: "steps of warm-up; below 1, the share of all steps",
  },
  "weight-decay": {
    type: "number",
    min: 0,
    default: 0.01,
    help: "decoupled decay",
  },
  clip: {
    type: "number",
    min: 0,
    default: 1,
    help: "largest gradient norm; 0 never clips",
  },
  steps: {
    type: "integer",
    min: 1,
    max: 1e8,
    help: "optimisation steps (default by epochs)",
  },
  epochs: {
    type: "number",
    min: 0.001,
    max: 1e6,
    help: "passes over the training queries (default by data)",
  },
  batch: {
    type: "integer",
    min: 1,
    max: 65536,
    help: "queries a step (default by model)",
  },
  ways: {
    type: "integer",
    min: 1,
    max: 1024,
    help:
      "documents a query: one positive, the rest hard negatives (default by model)",
  },
  "query-length": {
    type: "integer",
    min: 4,
    max: 8192,
    help: "longest query in tokens (default 32)",
  },
  "query-form": {
    type: "string",
    choices: ["none", "fixed", "plus8", "dynamic-paper", "dynamic-code"],
    help: "how a query is filled with [MASK] (default by model)",
  },
  "document-length": {
    type: "integer",
    min: 4,
    max: 8192,
    help: "longest document in tokens (default by model)",
  },
  dim: {
    type: "integer",
    min: 1,
    max: 4096,
    help: "length of a token vector (default the model's, else 128)",
  },
  dropout: {
    type: "number",
    min: 0,
    max: 0.9,
    default: 0,
    help: "share of hidden features dropped",
  },
  seed: {
    type: "integer",
    min: 0,
    max: 2 ** 32 - 1,
    default: 1,
    help: "seed of every random stream",
  },
  engine: {
    type: "string",
    choices: ["auto", "onnx", "wasm", "reference"],
    default: "auto",
    help: "what computes; auto takes the fastest present",
  },
  precision: {
    type: "string",
    choices: ["fp32"],
    default: "fp32",
    help: "storage of activations",
  },
  teacher: {
    type: "string",
    help: "folder of a ColBERT or cross-encoder that scores every batch",
  },
  negatives: {
    type: "string",
    choices: ["auto", "given", "bm25", "random", "none"],
    default: "auto",
    help: "hard negatives; auto is given ones, else BM25's",
  },
  "eval-every": {
    type: "integer",
    min: 0,
    default: 0,
    help: "steps between evaluations on dev queries; 0 never",
  },
  "save-every": {
    type: "integer",
    min: 0,
    default: 250,
    help: "steps between checkpoints; 0 never",
  },
};

/**
 * Checks settings that came from a JSON file, whose names may be spelt as flags
 * (`learning-rate`) or as properties (`learningRate`).
 *
 * @param content The parsed file.
 * @param where The file's name, for errors.
 * @returns The settings by flag name.
 * @throws {RangeError} On an unknown name, naming the nearest, or a bad value.
 * @throws {SyntaxError} If the file does not hold one object.
 */
export function settingsFromJson(
  content: unknown,
  where: string,
): GivenSettings {
  if (
    typeof content !== "object" || content === null || Array.isArray(content)
  ) {
    throw new SyntaxError(
      `Cannot read ${where}: expected one JSON object of settings, got ${
        JSON.stringify(content)?.slice(0, 60)
      }`,
    );
  }
  const known = Object.keys(TRAIN_SETTINGS);
  return Object.fromEntries(
    Object.entries(content).map(([key, value]) => {
      const name = flagName(key);
      const written = `"${key}" of ${where}`;
      if (!Object.hasOwn(TRAIN_SETTINGS, name)) {
        throw unknownSetting(written, name, known);
      }
      return [name, settingValue(written, value, TRAIN_SETTINGS[name]!)];
    }),
  );
}

/** `learningRate` to `learning-rate`. */
function flagName(property: string): string {
  return property.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What the defaults depend on. */
export interface SettingContext {
  /** Kind of the model. */
  readonly family: "use-lite" | "bert";
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
  /** The engine in use. */
  readonly engine: string;
}

/** Defaults of a family of models. */
const FAMILY = {
  "use-lite": {
    batch: 64,
    ways: 4,
    queryLength: 32,
    documentLength: 64,
    queryForm: "none",
    learningRate: 1e-3,
    temperature: 0.5,
  },
  "bert": {
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
 * @throws {RangeError} If two settings contradict each other.
 */
export function completeSettings(
  given: GivenSettings,
  context: SettingContext,
): TrainSettings {
  const family = FAMILY[context.family];
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
  const epochs = number("epochs", 1);
  const perEpoch = Math.max(1, Math.floor(context.trainingQueries / batch));
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
    steps: number("steps", Math.max(1, Math.round(epochs * perEpoch))),
    epochs,
    batch,
    ways: number("ways", context.scoredWays ?? family.ways),
    queryLength: number(
      "query-length",
      context.stored?.queryLength ?? family.queryLength,
    ),
    queryForm: text(
      "query-form",
      context.stored?.queryForm ?? family.queryForm,
    ),
    documentLength: number(
      "document-length",
      context.stored?.documentLength ?? family.documentLength,
    ),
    dim: number("dim", context.stored?.dim ?? 128),
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
  const scored = context.teacherScores || typeof given.teacher === "string";
  if (asked === "auto") return scored ? "kl" : "contrastive";
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
