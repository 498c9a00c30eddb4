import { engineNames } from "../engine/use_engine.ts";
import { OPTIMIZER_NAMES } from "../optim/optimizer_named.ts";
import { SCHEDULE_NAMES } from "../optim/schedule_named.ts";
import { LOSS_NAMES } from "./batch_loss.ts";
import {
  type SettingTable,
  type SettingValue,
  settingValue,
  unknownSetting,
} from "./setting.ts";

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
  sources: {
    type: "string",
    help:
      "BEIR folders by commas to train on in place of --data, in proportion to their queries, one a batch",
  },
  split: { type: "string", default: "train", help: "the split to train on" },
  loss: {
    type: "string",
    choices: ["auto", ...LOSS_NAMES],
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
    choices: OPTIMIZER_NAMES,
    default: "adamw",
    help: "the rule from gradients to parameters",
  },
  schedule: {
    type: "string",
    choices: SCHEDULE_NAMES,
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
    help: "optimisation steps (default one epoch, at most 200)",
  },
  epochs: {
    type: "number",
    min: 1e-9,
    max: 1e8,
    help: "passes over the training queries, instead of --steps",
  },
  batch: {
    type: "integer",
    min: 1,
    max: 65536,
    help: "queries a step (default by model)",
  },
  accumulate: {
    type: "integer",
    min: 1,
    max: 65536,
    default: 1,
    help:
      "parts of a batch that are differentiated one after the other, for less memory; not with contrastive",
  },
  chunk: {
    type: "integer",
    min: 0,
    max: 1e6,
    default: 0,
    help:
      "texts encoded at a time (GradCache), for less memory with any loss; 0 all at once; halved where memory runs out",
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
    choices: ["auto", ...engineNames()],
    default: "auto",
    help: "what computes; auto takes the fastest present",
  },
  precision: {
    type: "string",
    choices: ["fp32", "tf32", "bf16"],
    default: "fp32",
    help: "storage of activations; tf32 and bf16 on engine torch",
  },
  teacher: {
    type: "string",
    help: "folder of a ColBERT or cross-encoder that scores every batch",
  },
  negatives: {
    type: "string",
    choices: ["auto", "given", "bm25", "random", "none"],
    default: "auto",
    help:
      "hard negatives; auto is given ones (tuples.jsonl has such), else BM25's",
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
