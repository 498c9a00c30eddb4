import { type Dataset, poolOf, splitOf } from "../dataset/dataset.ts";
import type { Precision } from "../engine/precision.ts";
import type { EngineInUse, EngineName } from "../engine/use_engine.ts";
import { useEngine } from "../engine/use_engine.ts";
import { loadModel } from "../store/model/load_model.ts";
import type { Model } from "../store/model/model.ts";
import { completeSettings } from "./complete_settings.ts";
import { wakeEngine } from "./estimate.ts";
import type { TestBed } from "./test_bed.ts";
import type { GivenSettings } from "./setting_table.ts";
import type { TrainSettings } from "./settings.ts";
import {
  checkWays,
  loadTrainingData,
  offerOf,
  type OpenOptions,
} from "./training_data.ts";

/** Everything a run starts from, checked, before anything is computed. */
export interface Prepared {
  /** Every setting. */
  readonly settings: TrainSettings;
  /** The engine in use. */
  readonly engine: EngineInUse;
  /** The model, with the forms that the settings ask for. */
  readonly model: Model;
  /** Queries, documents, judgements, measured and trained on. */
  readonly dataset: Dataset;
  /** What is trained on: that dataset, or those of `--sources`. */
  readonly sources: readonly Dataset[];
  /** What the run is judged on, and the split it came from. */
  readonly test: TestBed & { readonly split: string };
  /** What is measured on the way, where asked for. */
  readonly dev?: TestBed;
}

/**
 * Opens model and data, completes the settings, and checks that they fit.
 *
 * @param given Settings by flag name, already checked one by one.
 * @param options Where what was parsed is kept.
 * @returns What a run starts from.
 * @throws {RangeError} If settings, model and data do not fit each other.
 *
 * @example Usage
 * ```ts
 * import { prepareTraining } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/qrels`);
 * const files = {
 *   "corpus.jsonl": '{"_id":"a","text":"cat"}\n{"_id":"b","text":"dog"}',
 *   "queries.jsonl": '{"_id":"q","text":"feline"}\n{"_id":"r","text":"puppy"}',
 *   "qrels/train.tsv": "q\ta\t1\nr\tb\t1",
 *   "qrels/test.tsv": "q\ta\t1\nr\tb\t1",
 * };
 * for (const [name, text] of Object.entries(files)) {
 *   await Deno.writeTextFile(`${folder}/${name}`, text);
 * }
 * const { settings, model, test } = await prepareTraining({ data: folder, dim: 2, ways: 2 });
 * assertEquals([settings.model, model.encoder.dim], ["use-lite", 2]);
 * assertEquals([settings.batch, test.queries.get("q")], [2, "feline"]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function prepareTraining(
  given: GivenSettings,
  options: OpenOptions = {},
): Promise<Prepared> {
  const { dim } = given;
  const opening = [
    startEngine(given),
    loadTrainingData(given, options),
    loadModel(
      `${given.model ?? "use-lite"}`,
      typeof dim === "number" ? { dim } : {},
    ),
  ] as const;
  await Promise.allSettled(opening); // files are read while others are parsed
  const [engine, { dataset, sources, measuredOn }, model] = await Promise.all(
    opening, // of several errors the first in this order is told
  );
  const offer = offerOf(sources, given);
  const settings = completeSettings(given, {
    family: model.family,
    trainingQueries: offer.queries.reduce((sum, count) => sum + count, 0),
    sourceQueries: offer.queries,
    teacherScores: offer.teacherScores,
    ...(offer.distils && { scoredWays: offer.scoredWays }),
    givenNegatives: offer.givenNegatives,
    ...(model.hasHead && { stored: storedForms(model) }),
    maxTokens: model.encoder.maxTokens,
    engine: engine.name,
  });
  checkWays(sources, offer, settings);
  return {
    settings,
    engine,
    model: withForms(model, settings),
    dataset,
    sources,
    test: { ...testBed(dataset, measuredOn), split: measuredOn },
    ...(settings.evalEvery > 0 && { dev: testBed(dataset, "dev") }),
  };
}

/** Chooses the engine, and lets its threads start. */
async function startEngine(
  { engine = "auto", precision = "fp32" }: GivenSettings,
): Promise<EngineInUse> {
  const inUse = await useEngine(`${engine}` as EngineName | "auto", {
    precision: `${precision}` as Precision,
  });
  wakeEngine();
  return inUse;
}

function testBed(dataset: Dataset, split: string): TestBed {
  const qrels = splitOf(dataset, split);
  return {
    queries: new Map(
      [...qrels.keys()].map((id) => [id, dataset.queries.get(id)!]),
    ),
    documents: poolOf(dataset, split),
    qrels,
  };
}

function storedForms({ encoder, queryForm, documentForm }: Model) {
  return {
    queryLength: queryForm.length,
    queryForm: queryForm.expansion,
    documentLength: documentForm.length,
    dim: encoder.dim,
  };
}

/** The model with the lengths and the expansion of the settings, within its own limit. */
function withForms(model: Model, settings: TrainSettings): Model {
  const { maxTokens } = model.encoder;
  for (const name of ["queryLength", "documentLength"] as const) {
    if (settings[name] <= maxTokens) continue;
    const flag = name === "queryLength" ? "query-length" : "document-length";
    throw new RangeError(
      `Cannot use --${flag}: expected at most ${maxTokens} tokens for ${model.origin}, got ${
        settings[name]
      }`,
    );
  }
  return {
    ...model,
    queryForm: {
      ...model.queryForm,
      length: settings.queryLength,
      expansion: settings.queryForm as Model["queryForm"]["expansion"],
    },
    documentForm: { ...model.documentForm, length: settings.documentLength },
  };
}
