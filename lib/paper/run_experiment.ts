import type { EngineInUse } from "../engine/use_engine.ts";
import type { Progress } from "../num/progress.ts";
import { appendToLedger, readLedger } from "../store/results/ledger.ts";
import type {
  Arm,
  Experiment,
  Measured,
  Measuring,
  Scale,
} from "./experiment.ts";
import { experimentSeeds, twinSeed } from "./noise_seeds.ts";
import { RESULTS_EPOCH } from "./results_epoch.ts";
import { settingsHash } from "./settings_hash.ts";

/** How an experiment is run. */
export interface RunExperimentOptions {
  /** Size. */
  readonly scale: Scale;
  /** Number of seeds. */
  readonly seeds: number;
  /** Folder of ledgers. */
  readonly ledger: string;
  /** Folder for work that can be gone on with, such as trained models. */
  readonly work: string;
  /** The engine in use. */
  readonly engine: EngineInUse;
  /** Commit that is checked out. */
  readonly commit: string;
  /** Whether the baseline is also run with twin seeds (A/A), default yes. */
  readonly twins?: boolean;
  /** Told of every part of long work. */
  readonly progress?: Progress;
  /** Given a line for people for each arm that is finished. */
  readonly say?: (line: string) => void;
  /** Stops after the part under way; what is finished stays in the ledger. */
  readonly signal?: AbortSignal;
}

/** What is left to do for one seed. */
export interface SeedPlan {
  /** The seed. */
  readonly seed: number;
  /** The arms that the ledger lacks. */
  readonly arms: readonly Arm[];
}

/**
 * What an experiment still lacks: the arms of each seed that have no row with
 * these settings and of this epoch. First the seeds of the comparison, then the
 * twins of the A/A run.
 *
 * @param experiment The experiment.
 * @param options Scale, seeds, folder of ledgers, twins.
 * @returns Seeds with something left to do, in the order they will be run.
 *
 * @example Usage
 * ```ts
 * import { EXPERIMENTS, planExperiment } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const [experiment] = EXPERIMENTS;
 * const options = { scale: "smoke", seeds: 2, ledger: "data/none" } as const;
 * const plan = await planExperiment(experiment!, options);
 * assertEquals(plan.map(({ seed }) => seed), [1, 2, 1001, 1002]);
 * ```
 */
export async function planExperiment(
  experiment: Experiment,
  options: Pick<RunExperimentOptions, "scale" | "seeds" | "ledger" | "twins">,
): Promise<SeedPlan[]> {
  const { scale, ledger, twins = true } = options;
  const done = new Set(
    (await readLedger(ledger, experiment.id)).map(({ row }) =>
      `${row.hash} ${row.epoch} ${row.seed}`
    ),
  );
  const missing = (seed: number, arms: readonly Arm[]): SeedPlan => ({
    seed,
    arms: arms.filter((arm) => {
      const { hash } = settingsHash(experiment, scale, arm);
      return !done.has(`${hash} ${RESULTS_EPOCH} ${seed}`);
    }),
  });
  const seeds = experimentSeeds(options.seeds);
  const baseline = experiment.arms.filter(({ name }) =>
    name === experiment.baseline
  );
  return [
    ...seeds.map((seed) => missing(seed, experiment.arms)),
    ...(twins ? seeds.map((seed) => missing(twinSeed(seed), baseline)) : []),
  ].filter(({ arms }) => arms.length > 0);
}

/**
 * Runs what an experiment still lacks and appends every finished arm to its
 * ledger at once, so that an interrupted experiment goes on where it was.
 *
 * @param experiment The experiment.
 * @param options Scale, seeds, folders, engine.
 * @returns How many arms were finished now.
 * @throws {RangeError} If the experiment gives an arm that was not asked for.
 *
 * @example Usage
 * ```ts
 * import { type Experiment, runExperiment, useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const scale = { says: "two items", settings: {} };
 * const experiment: Experiment = {
 *   ...{ id: "X-1", paper: "none", where: "here", question: "Is b more?", hypothesis: "Yes." },
 *   arms: [{ name: "a", settings: { level: 1 } }, { name: "b", settings: { level: 2 } }],
 *   ...{ baseline: "a", measure: "level", items: "items", claims: [], differs: [] },
 *   ...{ scales: { smoke: scale, small: scale }, engine: "reference" },
 *   run: async function* ({ arms }) {
 *     for (const { name: arm, settings } of arms) {
 *       const level = Number(settings.level);
 *       yield { arm, values: { items: ["x", "y"], values: { level: [level, level] } } };
 *     }
 *   },
 * };
 * const folder = await Deno.makeTempDir();
 * const options = {
 *   ...{ scale: "smoke", seeds: 2, twins: false, commit: "unknown" } as const,
 *   ...{ ledger: folder, work: folder, engine: await useEngine("reference") },
 * };
 * assertEquals(await runExperiment(experiment, options), 4); // two arms, two seeds
 * assertEquals(await runExperiment(experiment, options), 0); // all are in the ledger
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function runExperiment(
  experiment: Experiment,
  options: RunExperimentOptions,
): Promise<number> {
  let count = 0;
  for (const plan of await planExperiment(experiment, options)) {
    options.signal?.throwIfAborted();
    let began = performance.now();
    for await (
      const measured of experiment.run(askedOf(experiment, plan, options))
    ) {
      const seconds = (performance.now() - began) / 1000;
      await keep(measured, { experiment, plan, seconds, options });
      count++;
      began = performance.now();
    }
  }
  return count;
}

/** What an experiment is asked for one seed. */
function askedOf(
  { id, scales }: Experiment,
  { seed, arms }: SeedPlan,
  { scale, work, engine, progress, signal }: RunExperimentOptions,
): Measuring {
  return {
    arms,
    seed,
    settings: scales[scale].settings,
    work: `${work}/${id}-${scale}-${seed}`,
    engine: engine.name,
    ...(progress && { progress }),
    ...(signal && { signal }),
  };
}

/** Appends a finished arm to the ledger and tells of it. */
async function keep(
  { arm: name, values }: Measured,
  done: {
    readonly experiment: Experiment;
    readonly plan: SeedPlan;
    readonly seconds: number;
    readonly options: RunExperimentOptions;
  },
): Promise<void> {
  const { experiment, seconds, options, plan: { seed, arms } } = done;
  const { scale, engine, commit, ledger } = options;
  const arm = armNamed(arms, name, experiment);
  const { row } = await appendToLedger(ledger, {
    experiment: experiment.id,
    scale,
    arm: name,
    seed,
    epoch: RESULTS_EPOCH,
    ...settingsHash(experiment, scale, arm),
    commit,
    engine: engine.name,
    device: engine.device,
    seconds: Math.round(seconds * 1000) / 1000,
  }, values);
  const { measure } = experiment;
  options.say?.(
    `seed ${seed}  ${name}: ${measure} ${row.measures[measure]?.toFixed(4)}  (${
      seconds.toFixed(1)
    } s)`,
  );
}

/** The arm of a result, which must be one that was asked for. */
function armNamed(
  arms: readonly Arm[],
  name: string,
  { id }: Experiment,
): Arm {
  const found = arms.find((arm) => arm.name === name);
  if (found) return found;
  throw new RangeError(
    `Cannot keep a result of ${id}: expected one of the arms ${
      arms.map((arm) => arm.name).join(", ")
    }, got ${name}`,
  );
}
