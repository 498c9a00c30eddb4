import { configNumber, refuseConfig } from "../../encoder/read_config.ts";
import { pairSeparators } from "../../text/pair_separators.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { readJsonObject, readTextIfThere } from "../read_json.ts";
import type { WeightMap } from "../weight_map.ts";
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
  /** Segments of its texts: 0 or 1 where it tells none apart. */
  readonly segments: number;
  /** How many [SEP] stand between two texts. */
  readonly separators: 1 | 2;
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
  const count = labelCount(config);
  if (!labels.includes(count)) {
    const wanted = `${labels.join(" or ")} label${
      labels.length > 1 ? "s" : ""
    }`;
    throw refuseConfig(`${wanted} for this kind of cross-encoder`, count);
  }
  const { tokenizer, files } = await loadTokenizer(folder);
  const isRoberta = family === "roberta" || family === "xlm-roberta";
  const separators =
    pairSeparators(JSON.parse(files["tokenizer.json"] ?? "{}"), tokenizer) ??
      (isRoberta ? 2 : 1);
  const segments = { least: 1, most: 256, fallback: 2 };
  return {
    config,
    labels: count,
    segments: family === "bert"
      ? configNumber(config, "type_vocab_size", segments)
      : 0,
    separators,
    tokenizer,
    tensors: await readWeightFile(folder),
    longest: (positions, texts) => {
      const shortest = 2 + texts + (texts - 1) * separators;
      const fields = JSON.parse(files["tokenizer_config.json"] ?? "{}");
      return longestText(fields, { positions, shortest });
    },
  };
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
