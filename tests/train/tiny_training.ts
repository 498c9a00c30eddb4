import type { Encoder } from "#lib/encoder/encoder.ts";
import { embedding } from "#lib/engine/ops/embedding.ts";
import type { Parameters } from "#lib/engine/tensor.ts";
import { packRows } from "#lib/text/pack_texts.ts";
import { startingWeights } from "#lib/train/head.ts";
import { type Prepared, prepareTraining } from "#lib/train/prepare.ts";
import type { GivenSettings } from "#lib/train/setting_table.ts";
import type { TrainingBatch } from "#lib/train/step.ts";
import { parametersOf } from "#lib/search/retriever.ts";
import { writeTinyData } from "#tests/support/tiny_data.ts";
import { writeTinyModel } from "#tests/support/tiny_model.ts";

/** Settings under which the tiny model learns the tiny collection in a second or two. */
export const TINY_SETTINGS: GivenSettings = {
  "query-length": 12,
  "document-length": 16,
  dim: 16,
  batch: 8,
  ways: 2,
  temperature: 0.3,
  "learning-rate": 0.01,
  steps: 20,
  "query-form": "fixed",
};

/** A folder with the tiny model and the tiny collection. */
export interface TinyFiles {
  /** The folder; room for runs. */
  readonly root: string;
  /** For `--model`. */
  readonly model: string;
  /** For `--data`. */
  readonly data: string;
}

/** Does work in a folder with tiny model and collection, which is removed afterwards. */
export async function withTinyFiles(
  work: (files: TinyFiles) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "tiny-" });
  try {
    const model = await writeTinyModel(`${root}/model`);
    const data = await writeTinyData(`${root}/data`);
    await work({ root, model, data });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** Prepares a training of the tiny model. */
export function prepareTiny(
  { model, data }: TinyFiles,
  given: GivenSettings = {},
): Promise<Prepared> {
  return prepareTraining({ ...TINY_SETTINGS, model, data, ...given });
}

/** The starting parameters of a prepared training, on the engine in use. */
export function startingParameters(
  { model, dataset, settings }: Prepared,
): Parameters {
  return parametersOf(startingWeights(model, dataset, settings));
}

/**
 * An encoder whose vector of a token is its row of one table: small enough to
 * differentiate by hand.
 */
export function tableEncoder(rows: number, dim: number): Encoder {
  const encode: Encoder["encode"] = ({ ids, offsets, keep }, parameters) => ({
    values: embedding(parameters["table"]!, ids),
    offsets,
    keep,
  });
  return {
    dim,
    hidden: dim,
    maxTokens: 8,
    shapes: { table: [rows, dim] },
    encode,
    tokenStates: encode,
  };
}

/** One query of token 0 with two documents, of token 1 and of token 2. */
export const THREE_TOKENS: TrainingBatch = {
  queries: packRows([{ ids: [0] }]),
  documents: packRows([{ ids: [1] }, { ids: [2] }]),
  ways: 2,
  excluded: new Uint8Array(2),
};
