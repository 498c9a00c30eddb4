import {
  type CrossEncoder,
  crossEncoder,
  readCrossEncoderCheckpoint,
} from "../../encoder/cross_encoder.ts";
import type { Tokenizer } from "../../text/tokenizer.ts";
import type { TripleForm } from "../../text/triple_form.ts";
import type { WeightMap } from "../weights/weight_map.ts";
import { readCrossEncoderFolder } from "./cross_encoder_folder.ts";
import { namingFolder } from "./naming_folder.ts";
import { namingFile } from "./weight_file.ts";

/** A pairwise cross-encoder in memory: what a folder holds, ready to compare with. */
export interface LoadedPairwiseEncoder {
  /** The folder it came from. */
  readonly origin: string;
  /** Packed triples to the probability that the first document is the better (`predict`). */
  readonly encoder: CrossEncoder;
  /** Texts to token ids. */
  readonly tokenizer: Tokenizer;
  /** Weights by our names, in plain memory. */
  readonly parameters: WeightMap;
  /** How a query and two documents become one text. */
  readonly tripleForm: TripleForm;
  /** Names of the checkpoint that nobody reads: worth a look, seldom an error. */
  readonly unused: readonly string[];
}

/** The table of segments in a checkpoint. */
const SEGMENT_TABLE = /(^|\.)embeddings\.token_type_embeddings\.weight$/;

/**
 * Loads a pairwise cross-encoder, duoBERT: one text of a query and two documents, two
 * labels (or one), and the probability that the first document is the more relevant.
 *
 *     p = softmax(logits)[1]             (one label: sigmoid(logit))
 *
 * A folder does not say that it is pairwise: that is the caller's knowledge.
 *
 * A BERT whose table has two segments gets a third of zeros: the released code looks
 * segments up by one-hot vectors, which gives an id beyond the table none. Models
 * without segments have none here either.
 *
 * Source: Nogueira et al. 2019 (Multi-Stage Document Ranking with BERT), the section on duoBERT;
 * their `run_duobert_msmarco.py`.
 * Differs: one label, and other families than BERT, are taken as well.
 *
 * @param folder The folder, as for `loadCrossEncoder`.
 * @param form What differs from the paper's form: the query's length, the documents' rule.
 * @returns The cross-encoder; a text has at most as many tokens as the model takes.
 * @throws {SyntaxError} If a file is truncated, altered or does not parse.
 * @throws {ShapeError} If a weight is missing or has another shape.
 * @throws {RangeError} If the folder holds another kind of model, a configuration is not
 * offered, there are three labels or more, or a weight is not finite.
 * @throws {Deno.errors.NotFound} If a file is missing.
 *
 * @example Usage
 * ```ts
 * import { loadPairwiseEncoder } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => loadPairwiseEncoder("none"), Deno.errors.NotFound, "config.json");
 * ```
 */
export function loadPairwiseEncoder(
  folder: string,
  form: Pick<TripleForm, "queryLength" | "rooms"> = {},
): Promise<LoadedPairwiseEncoder> {
  return namingFolder(folder, () => load(folder, form));
}

/** Loads the folder; an error may leave its name out. */
async function load(
  folder: string,
  form: Pick<TripleForm, "queryLength" | "rooms">,
): Promise<LoadedPairwiseEncoder> {
  const read = await readCrossEncoderFolder(folder, [1, 2]);
  const { segmentRows, template, tokenizer } = read;
  const labels = read.labels === 1 ? 1 : 2;
  const { config, tensors } = segmentRows === 2 ? withThirdSegment(read) : read;
  const encoder = crossEncoder(config, { labels, activation: "sigmoid" });
  const { weights, unused } = namingFile(
    `${folder}/model.safetensors`,
    () => readCrossEncoderCheckpoint(tensors, config, { labels }),
  );
  return {
    origin: folder,
    encoder,
    tokenizer,
    parameters: weights,
    tripleForm: {
      length: read.longest(encoder.maxTokens, 3),
      ...template,
      ...form,
    },
    unused,
  };
}

/** A configuration of three segments, and a table with a third row of zeros. */
function withThirdSegment({ config, tensors }: {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: WeightMap;
}) {
  const [name, table] =
    Object.entries(tensors).find(([name]) => SEGMENT_TABLE.test(name)) ?? [];
  const [rows, width = 0] = table?.shape ?? [];
  if (rows !== 2) return { config, tensors };
  const values = new Float32Array(3 * width);
  values.set(table!.values);
  return {
    config: { ...config, type_vocab_size: 3 },
    tensors: { ...tensors, [name!]: { shape: [3, width], values } },
  };
}
