import { isDistillation } from "./batch_loss.ts";
import { carveDev } from "../dataset/carve_dev.ts";
import { type Dataset, splitOf, type Tuple } from "../dataset/dataset.ts";
import {
  loadDataset,
  type LoadDatasetOptions,
} from "../dataset/load_dataset.ts";
import { stream } from "../num/stream.ts";
import { hasGivenNegatives } from "./examples.ts";
import { refuseSetting } from "./setting.ts";
import type { GivenSettings } from "./setting_table.ts";
import type { TrainSettings } from "./settings.ts";

/** How a run's data are opened: where what was parsed is kept for the next run. */
export type OpenOptions = Pick<LoadDatasetOptions, "cache" | "say">;

/** The data of a run: what it is measured on, and what it is trained on. */
export interface TrainingData {
  /** What the run is measured on, dev carved out where it is evaluated. */
  readonly dataset: Dataset;
  /** What it is trained on: that dataset, or the sources. */
  readonly sources: readonly Dataset[];
  /** The split that the run is judged on. */
  readonly measuredOn: string;
}

/** What the sources offer, for settings that depend on it. */
export interface Offer {
  /** Training queries, or tuples where those are distilled, of each source. */
  readonly queries: readonly number[];
  /** Whether every source brings teacher scores that will be used. */
  readonly teacherScores: boolean;
  /** Whether tuples are distilled. */
  readonly distils: boolean;
  /** Documents of the tuple that has the fewest; infinite without tuples. */
  readonly scoredWays: number;
  /** Whether every source brings hard negatives. */
  readonly givenNegatives: boolean;
}

/**
 * Loads what a run is measured on and what it is trained on.
 *
 * A source that is the measured folder itself is the same dataset, without the
 * queries that were carved out for dev.
 *
 * @param given Settings by flag name.
 * @param options Where what was parsed is kept.
 * @returns The datasets and the split that is judged.
 * @throws {RangeError} If there is no split to measure on, or a source is given twice.
 */
export async function loadTrainingData(
  given: GivenSettings,
  options: OpenOptions = {},
): Promise<TrainingData> {
  const data = `${given.data ?? "wordnet"}`;
  const split = `${given.split ?? "train"}`;
  const loaded = await loadDataset(data, options);
  const measuredOn = testSplit(loaded, split);
  const dataset = Number(given["eval-every"] ?? 0) > 0 && split === "train"
    ? carveDev(loaded, stream(0, "carve dev"))
    : loaded;
  const names = sourceNames(`${given.sources ?? ""}`);
  if (names.length === 0) return { dataset, sources: [dataset], measuredOn };
  const own = await placeOf(data);
  const places: string[] = [];
  const sources: Dataset[] = [];
  for (const name of names) {
    const place = await placeOf(name);
    if (places.includes(place)) {
      throw refuseSetting("--sources", "every folder once", `${name} twice`);
    }
    places.push(place);
    sources.push(place === own ? dataset : await loadDataset(name, options));
  }
  return { dataset, sources, measuredOn };
}

/**
 * What the sources offer to train on under the settings given.
 *
 * @param sources What is trained on.
 * @param given Settings by flag name.
 * @returns Sizes, and whether there are scores and negatives.
 */
export function offerOf(
  sources: readonly Dataset[],
  given: GivenSettings,
): Offer {
  // A live teacher scores drawn batches, and the data's own scores go unused.
  const scored = sources.map(({ tuples = [] }) =>
    given.teacher ? [] : tuples.filter(({ scores }) => scores)
  );
  const teacherScores = scored.every((tuples) => tuples.length > 0);
  const { loss = "auto" } = given;
  const distils = teacherScores &&
    (loss === "auto" || isDistillation(`${loss}`));
  return {
    queries: distils
      ? scored.map(({ length }) => length)
      : sources.map((source) =>
        splitOf(source, `${given.split ?? "train"}`).size
      ),
    teacherScores,
    distils,
    scoredWays: shortest(scored.flat()),
    givenNegatives: sources.every(hasGivenNegatives),
  };
}

/**
 * Refuses more documents a query than every source can give.
 *
 * @param sources What is trained on.
 * @param offer What they offer.
 * @param settings Every setting.
 * @throws {RangeError} If `ways` is too many.
 */
export function checkWays(
  sources: readonly Dataset[],
  { distils, scoredWays }: Offer,
  settings: TrainSettings,
): void {
  if (!distils) {
    sources.forEach((source) => checkJudged(source, settings));
    return;
  }
  if (settings.ways <= scoredWays) return;
  throw refuseSetting(
    "--ways",
    `at most ${scoredWays}, the documents that every tuple has scores for`,
    `${settings.ways}`,
  );
}

/** Refuses more documents a query than random ones could fill up. */
function checkJudged(dataset: Dataset, { split, ways }: TrainSettings): void {
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
  const judged = found ? dataset.qrels[found]!.size : 0;
  if (found && judged >= 2) return found;
  if (found) {
    throw new RangeError(
      `Cannot measure on ${dataset.name}: expected at least two judged queries in qrels/${found}.tsv, which a paired test needs, got ${judged}`,
    );
  }
  throw new RangeError(
    `Cannot measure on ${dataset.name}: expected a split test or dev, in qrels/test.tsv or qrels/dev.tsv, other than the one that is trained on, got ${
      Object.keys(dataset.qrels).join(", ")
    }`,
  );
}

/** Documents of the tuple that has the fewest. */
function shortest(tuples: readonly Tuple[]): number {
  return tuples.reduce(
    (least, { documents }) => Math.min(least, documents.length),
    Infinity,
  );
}

/** The folders of `--sources`. */
function sourceNames(sources: string): string[] {
  if (sources === "") return [];
  const names = sources.split(",").map((name) => name.trim());
  if (!names.includes("")) return names;
  throw refuseSetting("--sources", "folders by commas", `"${sources}"`);
}

/** Where a dataset is, the same for two spellings of one folder. */
async function placeOf(name: string): Promise<string> {
  try {
    return await Deno.realPath(name);
  } catch {
    return name;
  }
}
