import { carveDev } from "../dataset/carve_dev.ts";
import { type Dataset, poolOf, splitOf } from "../dataset/dataset.ts";
import { loadDataset } from "../dataset/load_dataset.ts";
import type { EngineInUse, EngineName } from "../engine/use_engine.ts";
import { useEngine } from "../engine/use_engine.ts";
import { stream } from "../num/stream.ts";
import { loadModel } from "../store/model/load_model.ts";
import type { Model } from "../store/model/model.ts";
import { completeSettings } from "./complete_settings.ts";
import type { TestBed } from "./measure_model.ts";
import type { GivenSettings } from "./setting_table.ts";
import type { TrainSettings } from "./settings.ts";

/** Everything a run starts from, checked, before anything is computed. */
export interface Prepared {
  /** Every setting. */
  readonly settings: TrainSettings;
  /** The engine in use. */
  readonly engine: EngineInUse;
  /** The model, with the forms that the settings ask for. */
  readonly model: Model;
  /** Queries, documents, judgements. */
  readonly dataset: Dataset;
  /** What the run is judged on, and the split it came from. */
  readonly test: TestBed & { readonly split: string };
  /** What is measured on the way, where asked for. */
  readonly dev?: TestBed;
}

/**
 * Opens model and data, completes the settings, and checks that they fit.
 *
 * @param given Settings by flag name, already checked one by one.
 * @returns What a run starts from.
 * @throws {RangeError} If settings, model and data do not fit each other.
 */
export async function prepareTraining(given: GivenSettings): Promise<Prepared> {
  const text = (name: string, otherwise: string) =>
    (given[name] ?? otherwise) as string;
  const engine = await useEngine(text("engine", "auto") as EngineName | "auto");
  const split = text("split", "train");
  const loaded = await loadDataset(text("data", "wordnet"));
  const measuredOn = testSplit(loaded, split);
  const dataset = Number(given["eval-every"] ?? 0) > 0 && split === "train"
    ? carveDev(loaded, stream(0, "carve dev"))
    : loaded;
  const { dim } = given;
  const model = await loadModel(
    text("model", "use-lite"),
    typeof dim === "number" ? { dim } : {},
  );
  const judged = splitOf(dataset, split).size;
  const scored = dataset.tuples?.filter(({ scores }) => scores) ?? [];
  const settings = completeSettings(given, {
    family: model.family,
    trainingQueries: scored.length > 0 ? scored.length : judged,
    teacherScores: scored.length > 0,
    ...(scored.length > 0 && {
      scoredWays: Math.min(...scored.map(({ documents }) => documents.length)),
    }),
    givenNegatives: dataset.negatives !== undefined,
    ...(model.hasHead && { stored: storedForms(model) }),
    maxTokens: model.encoder.maxTokens,
    engine: engine.name,
  });
  return {
    settings,
    engine,
    model: withForms(model, settings),
    dataset,
    test: { ...testBed(dataset, measuredOn), split: measuredOn },
    ...(settings.evalEvery > 0 && { dev: testBed(dataset, "dev") }),
  };
}

/** The split that a run is judged on: test, else dev. */
function testSplit(dataset: Dataset, trained: string): string {
  const found = ["test", "dev"].find((split) =>
    split !== trained && dataset.qrels[split]
  );
  if (found) return found;
  throw new RangeError(
    `Cannot measure on ${dataset.name}: expected a split test or dev, in qrels/test.tsv or qrels/dev.tsv, other than the one that is trained on, got ${
      Object.keys(dataset.qrels).join(", ")
    }`,
  );
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
