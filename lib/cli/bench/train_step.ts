import { readBeir } from "../../dataset/beir.ts";
import { useEngine } from "../../engine/use_engine.ts";
import { benchBatch } from "./batch.ts";
import type { Comparison, Contest } from "./contest.ts";
import { benchModel, modelForPeers, saveForPeers } from "./model.ts";
import type { PeerProgram } from "./peer.ts";
import type { BenchSettings } from "./settings.ts";
import { BENCH_RATES, benchStep } from "./step.ts";
import type { Turn } from "./turns.ts";

/** Losses of two systems on the same texts and weights may differ by this share. */
const AGREEMENT = 0.01;

const PROGRAMS: Readonly<Record<string, PeerProgram>> = {
  pylate: { environment: ".venv", script: "pylate_step.py" },
  "sentence-transformers": {
    environment: ".venv_others",
    script: "sentence_transformers_step.py",
  },
};

/**
 * Prepares the benchmark of a training step on texts of a BEIR folder, on the same
 * texts, from the same weights.
 *
 * The systems' first losses must agree where nothing is random.
 *
 * @param settings Complete.
 * @returns The contest.
 */
export async function trainStepContest(
  settings: BenchSettings,
): Promise<Contest> {
  const { loss, dropout } = settings;
  const opening = [
    readBeir(settings.data),
    useEngine(settings.engine, settings),
    benchModel(settings),
  ] as const;
  await Promise.allSettled(opening); // files are read while others are parsed
  const [data, engine, loaded] = await Promise.all(opening);
  const batch = benchBatch(data, settings);
  const { tokens, take } = benchStep(loaded, batch, settings);
  const { queryForm, documentForm, encoder } = loaded.model;
  return {
    benchmark: "train-step",
    engine,
    tokens,
    take,
    programOf: (peer) => PROGRAMS[peer]!,
    // Read again: held all along, the weights would count as the step's memory.
    prepare: async (folder) =>
      await saveForPeers(folder, await benchModel(settings)),
    settingsFor: (_peer, folder) => ({
      ...modelForPeers(folder, { queryForm, documentForm, encoder }),
      ...batch,
      ...BENCH_RATES,
      loss,
      dropout,
    }),
    compare: (own, theirs) =>
      Promise.resolve(compareLosses(own, theirs, settings)),
  };
}

/**
 * Holds the first losses of two systems against each other, as a share.
 *
 * With dropout the two draw different masks: then nothing is asked of them.
 *
 * @param own Our first turn.
 * @param theirs The peer's.
 * @param settings Dropout and precisions.
 * @returns How far they are apart, and may be.
 */
export function compareLosses(
  own: Turn,
  theirs: Turn,
  { dropout, precision, peerPrecision }: Pick<
    BenchSettings,
    "dropout" | "precision" | "peerPrecision"
  >,
): Comparison {
  const exact = precision === "fp32" && peerPrecision === "fp32";
  return {
    of: "the first loss",
    difference: Math.abs(own.loss! - theirs.loss!) / Math.abs(theirs.loss!),
    allowed: dropout > 0 ? Infinity : exact ? AGREEMENT : 10 * AGREEMENT,
  };
}
