import type { Encoder } from "../../encoder/encoder.ts";
import type { HeadOptions } from "../../encoder/encoder_of.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import { readJsonObject, readTextIfThere } from "../read_json.ts";
import type { Weight } from "../weights/weight_map.ts";
import { readDenseHead, type StoredHead } from "./dense_head.ts";
import { ENCODER_FAMILIES, familyOf } from "./encoder_family.ts";
import { readPyLateForms, readStanfordForms, type TextForms } from "./forms.ts";
import { loadTokenizer, loadUnigramTokenizer } from "./load_tokenizer.ts";
import type { LoadModelOptions, Model, ModelFamily } from "./model.ts";
import { namingFile, readWeightFile } from "./weight_file.ts";

/** Length of a vector where neither the folder nor the caller says. */
const DEFAULT_DIM = 128;

/** Markers of query and document where no file names them: PyLate's, then BERT's. */
const MARKERS = [["[Q] ", "[D] "], ["[unused0]", "[unused1]"]] as const;

/**
 * Loads a model from a folder, whichever of four forms it has: PyLate
 * (`modules.json`, `1_Dense`), sentence-transformers, Stanford ColBERT
 * (`artifact.metadata`, `linear.weight`), or plain Hugging Face; and our own form of
 * USE-lite. The encoder is a BERT, DistilBERT, RoBERTa, XLM-R or ModernBERT, by the
 * `model_type` of its `config.json`.
 *
 * A folder without a head gives a model without one. Markers that no file names are
 * PyLate's `[Q] ` and `[D] `, else `[unused0]` and `[unused1]`, where the vocabulary has
 * them. Forms longer than
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
  const { encoder: make, read } = ENCODER_FAMILIES[family];
  const { hidden } = make(config, {});
  const { tokenizer, files } = family === "use-lite"
    ? await loadUnigramTokenizer(folder)
    : await loadTokenizer(folder);
  const tensors = await readWeightFile(folder);
  const loaded = namingFile(
    `${folder}/model.safetensors`,
    () => read(tensors, config),
  );
  const forms = await loadForms(folder, { config, tokenizer, family });
  const head = ownHead(loaded.weights["head.weight"]) ??
    await readDenseHead(folder, hidden);
  const encoder = make(config, headOptions(head, { dim, origin }));
  return {
    origin,
    family,
    encoder,
    tokenizer,
    parameters: { ...loaded.weights, ...head?.weights },
    hasHead: head !== undefined,
    ...fitting(forms, encoder),
    config,
    files,
    unused: loaded.unused,
  };
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
  if (fields.model_type === "MultiVectorEncoder") {
    throw new RangeError(
      `Cannot load ${folder}: expected the form of PyLate, Stanford ColBERT or ` +
        `sentence-transformers' single vectors, got a MultiVectorEncoder of ` +
        `sentence-transformers 6, which keeps lengths and masks elsewhere; save it with PyLate`,
    );
  }
  const found = family === "use-lite"
    ? undefined
    : MARKERS.find((pair) =>
      pair.every((token) => tokenizer.id(token) !== undefined)
    );
  const prefixes = found ? { query: found[0], document: found[1] } : {};
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

/** The one matrix that Stanford's form keeps beside the other weights. */
function ownHead(weight: Weight | undefined): StoredHead | undefined {
  return weight && {
    layers: [{ dim: weight.shape[0]! }],
    weights: { "head.weight": weight },
  };
}

/** The head: the folder's own, else one layer to what is asked, else to 128. */
function headOptions(
  head: StoredHead | undefined,
  { dim, origin }: {
    readonly dim: number | undefined;
    readonly origin: string;
  },
): HeadOptions {
  if (head === undefined) return { dim: dim ?? DEFAULT_DIM };
  const own = head.layers.at(-1)!.dim;
  if (dim === undefined || own === dim) return { head: head.layers };
  throw new RangeError(
    `Cannot load ${origin} with vectors of ${dim}: expected ${own}, as its head has, got ${dim}`,
  );
}
