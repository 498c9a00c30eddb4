import type { Precision } from "../engine/precision.ts";
import { carveDev } from "../dataset/carve_dev.ts";
import {
  type Dataset,
  poolOf,
  splitOf,
  type Tuple,
} from "../dataset/dataset.ts";
import { loadDataset } from "../dataset/load_dataset.ts";
import type { EngineInUse, EngineName } from "../engine/use_engine.ts";
import { useEngine } from "../engine/use_engine.ts";
import { stream } from "../num/stream.ts";
import { loadModel } from "../store/model/load_model.ts";
import type { Model } from "../store/model/model.ts";
import { completeSettings } from "./complete_settings.ts";
import type { TestBed } from "./test_bed.ts";
import type { GivenSettings } from "./setting_table.ts";
import { refuseSetting } from "./setting.ts";
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
  const engine = await useEngine(
    text("engine", "auto") as EngineName | "auto",
    {
      precision: text("precision", "fp32") as Precision,
    },
  );
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
  // A live teacher scores drawn batches, and the data's own scores go unused.
  const scored = given.teacher
    ? []
    : dataset.tuples?.filter(({ scores }) => scores) ?? [];
  const distils = scored.length > 0 && given.teacher === undefined &&
    ["auto", "kl"].includes(text("loss", "auto"));
  const settings = completeSettings(given, {
    family: model.family,
    trainingQueries: distils ? scored.length : judged,
    teacherScores: scored.length > 0,
    ...(distils && { scoredWays: shortest(scored) }),
    givenNegatives: dataset.negatives !== undefined,
    ...(model.hasHead && { stored: storedForms(model) }),
    maxTokens: model.encoder.maxTokens,
    engine: engine.name,
  });
  if (distils) checkScoredWays(shortest(scored), settings);
  else checkWays(dataset, settings);
  return {
    settings,
    engine,
    model: withForms(model, settings),
    dataset,
    test: { ...testBed(dataset, measuredOn), split: measuredOn },
    ...(settings.evalEvery > 0 && { dev: testBed(dataset, "dev") }),
  };
}

/** Documents of the tuple that has the fewest. */
function shortest(tuples: readonly Tuple[]): number {
  return tuples.reduce(
    (least, { documents }) => Math.min(least, documents.length),
    Infinity,
  );
}

/** Refuses more documents a query than every tuple has. */
function checkScoredWays(most: number, { ways }: TrainSettings): void {
  if (ways <= most) return;
  throw refuseSetting(
    "--ways",
    `at most ${most}, the documents that every tuple has scores for`,
    `${ways}`,
  );
}

/** Refuses more documents a query than random ones could fill up. */
function checkWays(
  dataset: Dataset,
  { split, ways }: TrainSettings,
): void {
  const pool = dataset.pools?.[split]?.length ?? dataset.documents.size;
  for (const [query, grades] of splitOf(dataset, split)) {
    const relevant = [...grades.values()].filter((grade) => grade > 0).length;
    if (ways <= pool - relevant + 1) continue;
    throw refuseSetting(
      "--ways",
      `at most ${
        pool - relevant + 1
      }: one of the ${relevant} relevant to query ${query}, and the other documents`,
      `${ways}`,
    );
  }
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
