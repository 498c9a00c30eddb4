import { configNumber, refuseConfig } from "../../encoder/read_config.ts";
import { type PairTemplate, pairTemplate } from "../../text/pair_template.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { readJsonObject, readTextIfThere } from "../read_json.ts";
import type { WeightMap } from "../weights/weight_map.ts";
import { labelCount } from "./cross_encoder_config.ts";
import { familyOf } from "./encoder_family.ts";
import { loadTokenizer } from "./load_tokenizer.ts";
import { readWeightFile } from "./weight_file.ts";

/** What a cross-encoder's folder holds, before its weights are looked at. */
export interface CrossEncoderFolder {
  /** The parsed `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Rows of its classifier. */
  readonly labels: number;
  /** Rows of its table of segments; 0 where it tells none apart. */
  readonly segmentRows: number;
  /** How two texts are joined, where that is not BERT's own way. */
  readonly template: Partial<PairTemplate>;
  /** Texts to token ids. */
  readonly tokenizer: Tokenizer;
  /** The checkpoint. */
  readonly tensors: WeightMap;
  /**
   * Most tokens of a text: what `tokenizer_config.json` says, within the positions.
   *
   * @param positions Longest text that the encoder takes.
   * @param texts How many texts are joined.
   */
  longest(positions: number, texts: 2 | 3): number;
}

/**
 * Whether a folder says that it holds a cross-encoder: its `config.json` names an
 * architecture that ends in `ForSequenceClassification`.
 *
 * @param folder The model's folder; a folder without the file holds none.
 * @returns Whether it does.
 * @throws {SyntaxError} If the file holds no JSON object.
 *
 * @example Usage
 * ```ts
 * import { isCrossEncoder } from "#lib/mod.ts";
 * import { assert } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const config = { architectures: ["BertForSequenceClassification"] };
 * await Deno.writeTextFile(`${folder}/config.json`, JSON.stringify(config));
 * assert(await isCrossEncoder(folder));
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function isCrossEncoder(folder: string): Promise<boolean> {
  const path = `${folder}/config.json`;
  if (await readTextIfThere(path) === undefined) return false;
  const { architectures } = await readJsonObject(path);
  return Array.isArray(architectures) &&
    architectures.some((name) => /ForSequenceClassification$/.test(name));
}

/**
 * Reads the files that every cross-encoder's folder has.
 *
 * @param folder The folder.
 * @param labels How many labels are taken.
 * @returns What they say.
 * @throws {RangeError} If the folder holds another kind of model, or other labels.
 * @throws {SyntaxError} If a file is truncated, altered or does not parse.
 * @throws {Deno.errors.NotFound} If a file is missing.
 *
 * @example Usage
 * ```ts
 * import { readCrossEncoderFolder } from "#lib/store/model/cross_encoder_folder.ts";
 * import { assertRejects } from "@std/assert";
 *
 * const read = () => readCrossEncoderFolder("none", [1]);
 * await assertRejects(read, Deno.errors.NotFound, "config.json");
 * ```
 */
export async function readCrossEncoderFolder(
  folder: string,
  labels: readonly number[],
): Promise<CrossEncoderFolder> {
  const config = await readJsonObject(`${folder}/config.json`);
  if (!await isCrossEncoder(folder)) {
    const got = JSON.stringify(config.architectures) ?? "none";
    throw new RangeError(
      `Cannot load ${folder}: expected architectures with a name that ends in ` +
        `ForSequenceClassification in config.json, got ${got.slice(0, 80)}`,
    );
  }
  const family = familyOf(config, folder);
  const count = takenLabels(config, labels);
  const { tokenizer, files } = await loadTokenizer(folder);
  const fields = JSON.parse(files["tokenizer_config.json"] ?? "{}");
  const json = JSON.parse(files["tokenizer.json"] ?? "{}");
  const { separators, segments } = pairTemplate(json, tokenizer) ??
    (/roberta/.test(family)
      ? { separators: 2, segments: false }
      : { separators: 1, segments: true });
  const isTold = family === "bert" && segments && givesSegments(fields);
  const segmentRows = isTold ? segmentsOf(config) : 0;
  return {
    config,
    labels: count,
    segmentRows,
    template: {
      ...(separators !== 1 && { separators }),
      ...(segmentRows === 0 && { segments: false }),
    },
    tokenizer,
    tensors: await readWeightFile(folder),
    longest: (positions, texts) => {
      const shortest = 2 + texts + (texts - 1) * separators;
      return longestText(fields, { positions, shortest });
    },
  };
}

/** The number of labels, if it is one of these. */
function takenLabels(
  config: Readonly<Record<string, unknown>>,
  labels: readonly number[],
): number {
  const count = labelCount(config);
  if (labels.includes(count)) return count;
  const [kind, ways] = labels.length === 1
    ? ["1 label", "one document"]
    : ["1 or 2 labels", "two documents"];
  throw refuseConfig(`${kind}, as a cross-encoder of ${ways} has`, count);
}

/** Rows of a BERT's table of segments, which tell texts apart. */
function segmentsOf(config: Readonly<Record<string, unknown>>): number {
  return configNumber(config, "type_vocab_size", {
    least: 2,
    most: 256,
    fallback: 2,
  });
}

/** Whether transformers' tokenizer gives segments, as it does where nothing is said. */
function givesSegments(
  { model_input_names: names }: Readonly<Record<string, unknown>>,
): boolean {
  return !Array.isArray(names) || names.includes("token_type_ids");
}

/** The smaller of what is asked and what there is, if it is long enough. */
function longestText(
  tokenizerConfig: Readonly<Record<string, unknown>>,
  { positions, shortest }: {
    readonly positions: number;
    readonly shortest: number;
  },
): number {
  const asked = configNumber(tokenizerConfig, "model_max_length", {
    least: shortest,
    most: Number.MAX_VALUE,
    whole: false,
    fallback: positions,
  });
  const length = Math.min(Math.floor(asked), positions);
  if (length >= shortest) return length;
  throw refuseConfig(`max_position_embeddings from ${shortest}`, positions);
}
