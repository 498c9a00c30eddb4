import { readBeir } from "../dataset/beir.ts";
import { useEngine } from "../engine/use_engine.ts";
import { quantile } from "../num/quantile.ts";
import { loadModel } from "../store/model/load_model.ts";
import type { Model } from "../store/model/model.ts";
import { saveModel } from "../store/model/save_model.ts";
import type { WeightMap } from "../store/weight_map.ts";
import type { SettingValue } from "../train/setting.ts";
import { type BenchBatch, benchBatch } from "./bench_batch.ts";
import { type BenchSettings, benchSettings } from "./bench_flags.ts";
import { type PeerSummary, startPyLate } from "./bench_peer.ts";
import { benchStep, type StepTime, withHead } from "./bench_step.ts";
import { DONE, FAILED_CHECK, printJson } from "./main_guard.ts";
import { peakMemoryBytes } from "./peak_memory.ts";

/** Losses of two systems on the same texts and weights may differ by this share. */
const AGREEMENT = 0.01;

/** The benchmark's result, as printed. */
export interface BenchResult {
  readonly engine: string;
  readonly precision: string;
  /** Median over the steps that count. */
  readonly medianSeconds: number;
  /** Tokens of a step, padding not counted, by the median. */
  readonly tokensPerSecond: number;
  readonly tokens: number;
  readonly peakMemoryBytes: number;
  readonly seconds: readonly number[];
  readonly losses: readonly number[];
  readonly peers: Readonly<Record<string, PeerSummary>>;
  /** The peer's median by ours; absent without a peer. */
  readonly ratio?: number;
}

/**
 * Times our training step on texts of a BEIR folder, alone or in turns with a
 * peer's step on the same texts, from the same weights.
 *
 * The two systems' first losses must agree where nothing is random, else they
 * do not compute the same thing and their times say nothing.
 *
 * @param given Flags that were given, checked.
 * @param signal Stops between two steps.
 * @returns The exit code.
 */
export async function benchTrainStep(
  given: Readonly<Record<string, SettingValue>>,
  signal?: AbortSignal,
): Promise<number> {
  const settings = benchSettings(given);
  const batch = benchBatch(await readBeir(settings.data), settings);
  const { name: engine } = await useEngine(settings.engine, {
    threads: settings.threads,
    precision: settings.precision,
  });
  const model = await benchModel(settings);
  const weights = withHead(model);
  const ours = benchStep(model, batch, { weights, dropout: settings.dropout });
  const steps = settings.steps + 1;
  const run = settings.against
    ? await besidePyLate(ours, {
      batch,
      model,
      weights,
      settings,
      steps,
      signal,
    })
    : { times: await takeSteps([ours], { steps, signal }), pylate: undefined };
  const result = resultOf(run.times[0]!, {
    engine,
    settings,
    tokens: ours.tokens,
    pylate: run.pylate,
  });
  const complaint = disagreement(result, settings);
  report(result, settings);
  if (complaint) console.error(`error: ${complaint}`);
  return complaint ? FAILED_CHECK : DONE;
}

/** The model with the lengths that the flags ask for. */
async function benchModel(
  { model: source, dim, queryLength, documentLength }: BenchSettings,
): Promise<Model> {
  const model = await loadModel(source, { dim });
  return {
    ...model,
    queryForm: { ...model.queryForm, length: queryLength },
    documentForm: { ...model.documentForm, length: documentLength },
  };
}

/** Our steps and PyLate's in turns, on the same texts, from the same weights. */
async function besidePyLate(
  ours: Stepper,
  { batch, model, weights, settings, steps, signal }: {
    readonly batch: BenchBatch;
    readonly model: Model;
    readonly weights: WeightMap;
    readonly settings: BenchSettings;
    readonly steps: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<
  {
    readonly times: readonly (readonly StepTime[])[];
    readonly pylate: PeerSummary;
  }
> {
  if (model.family !== "bert") {
    throw new RangeError(
      `Cannot time PyLate: expected a BERT, which it opens, got ${model.family}`,
    );
  }
  const folder = await Deno.makeTempDir();
  try {
    await saveModel(`${folder}/model`, model, weights);
    const {
      queryLength,
      documentLength,
      dim,
      dropout,
      threads,
      peerPrecision: precision,
    } = settings;
    const form = {
      queryLength,
      documentLength,
      dim,
      dropout,
      threads,
      precision,
    };
    const peer = await startPyLate(batch, {
      ...form,
      model: `${folder}/model`,
      folder,
    });
    const times = await takeSteps([ours, peer], { steps, signal });
    return { times, pylate: await peer.end() };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Anything that takes steps. */
export interface Stepper {
  /** Takes the next step. */
  take(): StepTime | Promise<StepTime>;
}

/**
 * Lets every system take its steps in turn, so that the machine's moods meet
 * them alike.
 *
 * @param systems Whatever takes steps.
 * @param options Steps of each; a signal that stops between two.
 * @returns Times, `[systems][steps]`.
 */
export async function takeSteps(
  systems: readonly Stepper[],
  { steps, signal }: {
    readonly steps: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<StepTime[][]> {
  const times = systems.map((): StepTime[] => []);
  for (let step = 0; step < steps; step++) {
    for (const [i, system] of systems.entries()) {
      signal?.throwIfAborted();
      times[i]!.push(await system.take());
    }
  }
  return times;
}

/**
 * Puts the result together; the first step warms up and does not count.
 *
 * @param times Of our steps.
 * @param options What was measured, and what the peer says.
 * @returns The result.
 */
export function resultOf(
  times: readonly StepTime[],
  { engine, settings, tokens, pylate }: {
    readonly engine: string;
    readonly settings: BenchSettings;
    readonly tokens: number;
    readonly pylate: PeerSummary | undefined;
  },
): BenchResult {
  const seconds = times.map((time) => time.seconds);
  const medianSeconds = quantile(seconds.slice(1), 0.5);
  return {
    engine,
    precision: settings.precision,
    medianSeconds,
    tokensPerSecond: tokens / medianSeconds,
    tokens,
    peakMemoryBytes: peakMemoryBytes(),
    seconds,
    losses: times.map((time) => time.loss),
    peers: pylate ? { pylate } : {},
    ...(pylate && { ratio: pylate.medianSeconds / medianSeconds }),
  };
}

/**
 * Says what is wrong where both sides should have computed the same and did not.
 *
 * @param result The result.
 * @param settings Dropout and the peer's precision.
 * @returns A complaint, or nothing.
 */
export function disagreement(
  { losses, peers }: BenchResult,
  { dropout, peerPrecision }: BenchSettings,
): string | undefined {
  const theirs = peers.pylate?.losses[0];
  const own = losses[0]!;
  const allowed = peerPrecision === "fp32" ? AGREEMENT : 10 * AGREEMENT;
  if (
    theirs === undefined || dropout > 0 ||
    Math.abs(own - theirs) <= allowed * Math.abs(theirs)
  ) return undefined;
  return `Cannot compare the times: expected the same first loss on both sides, got ${own} and PyLate's ${theirs}`;
}

function report(result: BenchResult, { json }: BenchSettings): void {
  const line = (
    name: string,
    { medianSeconds, tokensPerSecond, peakMemoryBytes: bytes }:
      | PeerSummary
      | BenchResult,
  ) =>
    `${name.padEnd(16)}${medianSeconds.toFixed(3)} s a step   ${
      Math.round(tokensPerSecond)
    } tokens/s   ` +
    `${(bytes / 2 ** 30).toFixed(2)} GiB`;
  console.error(line(`${result.engine} ${result.precision}`, result));
  for (const [name, peer] of Object.entries(result.peers)) {
    console.error(line(name, peer));
  }
  if (result.ratio !== undefined) {
    console.error(`${result.ratio.toFixed(2)} times as fast`);
  }
  if (json) printJson(result);
}
