import { readBertCheckpoint } from "../../encoder/bert_checkpoint.ts";
import { bertConfig } from "../../encoder/bert_config.ts";
import { bertEncoder } from "../../encoder/bert_encoder.ts";
import type { Encoder } from "../../encoder/encoder.ts";
import { readUseLiteCheckpoint } from "../../encoder/use_lite_checkpoint.ts";
import { useLiteConfig } from "../../encoder/use_lite_config.ts";
import { useLiteEncoder } from "../../encoder/use_lite_encoder.ts";
import { ShapeError } from "../../num/shape_error.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { readJsonObject, readTextIfThere } from "../read_json.ts";
import { readSafetensors } from "../read_safetensors.ts";
import type { Weight, WeightMap } from "../weight_map.ts";
import { readDenseHead } from "./dense_head.ts";
import { readPyLateForms, readStanfordForms, type TextForms } from "./forms.ts";
import { loadBertTokenizer, loadUnigramTokenizer } from "./load_tokenizer.ts";
import type { LoadModelOptions, Model, ModelFamily } from "./model.ts";

/** The encoder's part of a folder. */
interface LoadedWeights {
  readonly weights: Readonly<Record<string, Weight>>;
  readonly unused: readonly string[];
  readonly hidden: number;
  encoder(dim: number): Encoder;
}

/** Length of a vector where neither the folder nor the caller says. */
const DEFAULT_DIM = 128;

/** Parts of a checkpoint that are never read. */
const NOT_WEIGHTS = /embeddings\.(position_ids|token_type_ids)$/;

/**
 * Loads a model from a folder, whichever of four forms it has: PyLate
 * (`modules.json`, `1_Dense`), sentence-transformers, Stanford ColBERT
 * (`artifact.metadata`, `linear.weight`), or plain Hugging Face BERT; and our
 * own form of USE-lite.
 *
 * A folder without a head gives a model without one. Markers of a plain BERT are
 * `[unused0]` and `[unused1]`, where its vocabulary has them. Forms longer than
 * the encoder takes are shortened.
 *
 * @param folder The folder.
 * @param options Length of a vector; where the folder came from, for the record.
 * @returns The model.
 * @throws {SyntaxError} If a file is truncated, altered or does not parse.
 * @throws {ShapeError} If a weight is missing or has another shape.
 * @throws {RangeError} If a configuration is not offered, a weight is not
 * finite, or the head has another length than asked.
 * @throws {Deno.errors.NotFound} If a file is missing.
 *
 * @example Usage
 * ```ts
 * import { loadModelFolder } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => loadModelFolder("none"), Deno.errors.NotFound, "config.json");
 * ```
 */
export async function loadModelFolder(
  folder: string,
  { dim, origin = folder }: LoadModelOptions & { readonly origin?: string } =
    {},
): Promise<Model> {
  const config = await readJsonObject(`${folder}/config.json`);
  const family = familyOf(config, folder);
  const { tokenizer, files } = family === "bert"
    ? await loadBertTokenizer(folder)
    : await loadUnigramTokenizer(folder);
  const loaded = await loadWeights(folder, config, family);
  const forms = await loadForms(folder, { config, tokenizer, family });
  const head = loaded.weights["head.weight"] ??
    await readDenseHead(folder, loaded.hidden);
  const encoder = loaded.encoder(checkedDim(head, { dim, origin }));
  return {
    origin,
    family,
    encoder,
    tokenizer,
    parameters: head === undefined
      ? loaded.weights
      : { ...loaded.weights, "head.weight": head },
    hasHead: head !== undefined,
    ...fitting(forms, encoder),
    config,
    files,
    unused: loaded.unused,
  };
}

/** The kind of encoder that a configuration describes. */
function familyOf(
  { model_type: type = "bert" }: Readonly<Record<string, unknown>>,
  folder: string,
): ModelFamily {
  if (type === "bert" || type === "use-lite") return type;
  throw new RangeError(
    `Cannot load ${folder}: expected model_type "bert" or "use-lite" in config.json, got ${
      JSON.stringify(type)
    }`,
  );
}

/** Reads the weights and the sizes of the encoder. */
async function loadWeights(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  family: ModelFamily,
): Promise<LoadedWeights> {
  const tensors = await readWeightFile(folder);
  const path = `${folder}/model.safetensors`;
  if (family === "bert") {
    const sizes = bertConfig(config);
    return {
      ...namingFile(path, () => readBertCheckpoint(tensors, sizes)),
      hidden: sizes.hidden_size,
      encoder: (dim) => bertEncoder(sizes, { dim }),
    };
  }
  const sizes = useLiteConfig(config);
  return {
    ...namingFile(path, () => readUseLiteCheckpoint(tensors, sizes)),
    hidden: sizes.hidden_size,
    encoder: (dim) => useLiteEncoder(sizes, { dim }),
  };
}

/**
 * Reads a folder's `model.safetensors`, all of it finite.
 *
 * Stored positions, which some writers keep beside the weights, are left out.
 *
 * @param folder The model's folder.
 * @returns The weights by the file's names.
 * @throws {SyntaxError} If the file is truncated, altered or does not parse.
 * @throws {RangeError} If a weight is NaN or infinite; its tensor is named.
 * @throws {Deno.errors.NotFound} If the file is missing.
 *
 * @example Usage
 * ```ts
 * import { readWeightFile } from "#lib/store/model/load_folder.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => readWeightFile("none"), Deno.errors.NotFound, "model.safetensors");
 * ```
 */
export async function readWeightFile(folder: string): Promise<WeightMap> {
  const path = `${folder}/model.safetensors`;
  try {
    const tensors = await readSafetensors(path, {
      select: (name) => !NOT_WEIGHTS.test(name),
    });
    checkFinite(tensors, `load ${path}`);
    return tensors;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Deno.errors.NotFound(
      `Cannot load ${folder}: expected model.safetensors, got no such file ` +
        `(other forms, such as pytorch_model.bin, are not read; convert it first)`,
    );
  }
}

/**
 * Refuses weights that are not finite, which no training recovers from.
 *
 * @param weights By name.
 * @param task What is being done with them, for the error: `load model`.
 * @throws {RangeError} If a weight is NaN or infinite; its tensor is named.
 *
 * @example Usage
 * ```ts
 * import { checkFinite } from "#lib/store/model/load_folder.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const weight = { shape: [1], values: Float32Array.of(NaN) };
 * assertThrows(() => checkFinite({ a: weight }, "load f"), RangeError, 'NaN in tensor "a"');
 * ```
 */
export function checkFinite(weights: WeightMap, task: string): void {
  for (const [name, { values }] of Object.entries(weights)) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) {
      throw new RangeError(
        `Cannot ${task}: expected finite weights, got ${
          values[at]
        } in tensor "${name}"`,
      );
    }
  }
}

/**
 * Puts the file's name into an error of its tensors.
 *
 * @param path The file.
 * @param read Takes the tensors that are wanted.
 * @returns What `read` gives.
 * @throws {ShapeError} If `read` does; the error names the file.
 *
 * @example Usage
 * ```ts
 * import { namingFile } from "#lib/store/model/load_folder.ts";
 * import { checkpointReader } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const { take } = checkpointReader({}, "weights");
 * assertThrows(() => namingFile("a/file", () => take(["b"], [1])), TypeError, "load a/file");
 * ```
 */
export function namingFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(`load ${path}`, error.expected, error.got);
  }
}

/** Reads the forms of queries and documents. */
async function loadForms(
  folder: string,
  { config, tokenizer, family }: {
    readonly config: Readonly<Record<string, unknown>>;
    readonly tokenizer: Tokenizer;
    readonly family: ModelFamily;
  },
): Promise<TextForms> {
  const optional = async (name: string) =>
    await readTextIfThere(`${folder}/${name}`) === undefined
      ? undefined
      : await readJsonObject(`${folder}/${name}`);
  const metadata = await optional("artifact.metadata");
  const isStanford = metadata !== undefined ||
    (config.architectures as unknown[] | undefined)?.[0] === "HF_ColBERT";
  const fields = await optional("config_sentence_transformers.json") ?? {};
  if (isStanford && !Object.hasOwn(fields, "query_length")) {
    return readStanfordForms(metadata ?? {});
  }
  const hasUnused = family === "bert" &&
    ["[unused0]", "[unused1]"].every((token) =>
      tokenizer.id(token) !== undefined
    );
  const prefixes = hasUnused
    ? { query: "[unused0]", document: "[unused1]" }
    : {};
  return readPyLateForms(fields, { prefixes });
}

/** The forms, with no text longer than the encoder takes. */
function fitting(
  { queryForm, documentForm }: TextForms,
  { maxTokens }: Encoder,
): TextForms {
  const shorter = (length: number) => Math.min(length, maxTokens);
  return {
    queryForm: { ...queryForm, length: shorter(queryForm.length) },
    documentForm: { ...documentForm, length: shorter(documentForm.length) },
  };
}

/** Length of a vector: the head's own, else what is asked, else 128. */
function checkedDim(
  head: Weight | undefined,
  { dim, origin }: {
    readonly dim: number | undefined;
    readonly origin: string;
  },
): number {
  const own = head?.shape[0];
  if (own !== undefined && dim !== undefined && own !== dim) {
    throw new RangeError(
      `Cannot load ${origin} with vectors of ${dim}: expected ${own}, as its head has, got ${dim}`,
    );
  }
  return own ?? dim ?? DEFAULT_DIM;
}
