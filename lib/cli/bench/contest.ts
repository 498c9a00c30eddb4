import type { EngineInUse } from "../../engine/use_engine.ts";
import { rounded } from "../../report/figure.ts";
import type { BenchSettings } from "./settings.ts";
import { type Peer, type PeerProgram, startPeer } from "./peer.ts";
import type { PeerTurn } from "./peer.ts";
import {
  type SystemResult,
  systemResult,
  takeTurns,
  type Turn,
} from "./turns.ts";
import { peakMemoryBytes } from "../peak_memory.ts";

/** What a peer's row has beside a system's. */
export interface PeerResult extends SystemResult {
  /** Its median by ours: above 1, we are faster. */
  readonly ratio: number;
  /** How far what it computed is from ours, as the benchmark measures it. */
  readonly difference: number;
}

/** A benchmark's result, as printed. */
export interface BenchResult extends SystemResult {
  readonly benchmark: string;
  readonly engine: string;
  readonly device: string;
  readonly precision: string;
  /** Tokens of a turn, padding not counted. */
  readonly tokens: number;
  readonly peers: Readonly<Record<string, PeerResult>>;
  /** The fastest peer's median by ours; absent without a peer. */
  readonly ratio?: number;
}

/** How far two systems may be apart, and how far they are. */
export interface Comparison {
  readonly difference: number;
  readonly allowed: number;
  /** What differs, such as `first losses`. */
  readonly of: string;
}

/** One system against others at the same work. */
export interface Contest {
  readonly benchmark: string;
  readonly engine: EngineInUse;
  /** Tokens of a turn, padding not counted. */
  readonly tokens: number;
  /** Takes our turn. */
  take(): Turn | Promise<Turn>;
  /** Which program a peer is. */
  programOf(peer: string): PeerProgram;
  /**
   * What a peer is told, for files in a folder of the contest's own.
   *
   * @param peer Its name.
   * @param folder The folder.
   */
  settingsFor(
    peer: string,
    folder: string,
  ): Readonly<Record<string, unknown>>;
  /** Writes what peers read beside their settings. */
  prepare?(folder: string): Promise<void>;
  /** Holds a peer's first turn against ours. */
  compare(
    own: Turn,
    theirs: PeerTurn,
    of: { readonly peer: string; readonly folder: string },
  ): Promise<Comparison>;
}

/** Thrown where two systems did not compute the same: their times say nothing. */
export class DisagreementError extends Error {
  override readonly name = "DisagreementError";
}

/**
 * Times a system alone, or in turns with its peers, each in a process of its own.
 *
 * Our first turn comes before any peer is started. A peer's first turn is compared
 * with ours; where they do not agree no time is told.
 *
 * @param contest What is done, and by whom.
 * @param settings Which peers, how many turns, threads and precision.
 * @param signal Stops between two turns.
 * @returns The result.
 * @throws {DisagreementError} If a peer computed something else.
 */
export async function runContest(
  contest: Contest,
  settings: BenchSettings,
  signal?: AbortSignal,
): Promise<BenchResult> {
  const first = await contest.take();
  const startSeconds = performance.now() / 1000;
  const folder = settings.against.length > 0
    ? await Deno.makeTempDir()
    : undefined;
  const peers: StartedPeer[] = [];
  try {
    if (folder !== undefined) await contest.prepare?.(folder);
    for (const name of settings.against) {
      const options = { name, folder: folder!, settings };
      peers.push(await startAndCompare(contest, first, options));
    }
    const [own, ...theirs] = await takeTurns(
      [contest, ...peers.map(({ peer }) => peer)],
      { turns: settings.steps, signal },
    );
    const ours = { turns: [first, ...own!], startSeconds };
    for (const [i, peer] of peers.entries()) peer.turns.push(...theirs[i]!);
    return await resultOf(contest, settings, { ours, peers });
  } finally {
    peers.forEach(({ peer }) => peer.stop());
    if (folder !== undefined) await Deno.remove(folder, { recursive: true });
  }
}

/** A peer that has taken its first turn. */
interface StartedPeer {
  readonly name: string;
  readonly peer: Peer;
  readonly turns: Turn[];
  readonly startSeconds: number;
  readonly difference: number;
}

async function startAndCompare(
  contest: Contest,
  own: Turn,
  { name, folder, settings }: {
    readonly name: string;
    readonly folder: string;
    readonly settings: BenchSettings;
  },
): Promise<StartedPeer> {
  const shared = {
    threads: settings.threads,
    precision: settings.peerPrecision,
    device: settings.peerDevice,
  };
  const start = performance.now();
  const peer = await startPeer(
    { ...shared, ...contest.settingsFor(name, folder) },
    {
      name,
      folder,
      program: contest.programOf(name),
      command: settings.peerCommand,
    },
  );
  try {
    const turn = await peer.take();
    const startSeconds = (performance.now() - start) / 1000;
    const { difference, allowed, of } = await contest.compare(own, turn, {
      peer: name,
      folder,
    });
    if (!(difference <= allowed)) {
      throw new DisagreementError(
        `Cannot compare the times: expected ${of} of ${name} within ${allowed} of ours, got ${
          rounded(difference)
        }`,
      );
    }
    return { name, peer, turns: [turn], startSeconds, difference };
  } catch (error) {
    peer.stop();
    throw error;
  }
}

async function resultOf(
  { benchmark, engine, tokens }: Contest,
  { precision }: BenchSettings,
  { ours, peers }: {
    readonly ours: {
      readonly turns: readonly Turn[];
      readonly startSeconds: number;
    };
    readonly peers: readonly StartedPeer[];
  },
): Promise<BenchResult> {
  const own = systemResult(ours.turns, {
    tokens,
    peakMemoryBytes: peakMemoryBytes(),
    startSeconds: ours.startSeconds,
  });
  const results: Record<string, PeerResult> = {};
  for (const { name, peer, turns, startSeconds, difference } of peers) {
    const facts = await peer.end();
    const memory = facts.peakMemoryBytes as number;
    const result = systemResult(turns, {
      tokens,
      peakMemoryBytes: memory,
      startSeconds,
    });
    const ratio = result.medianSeconds / own.medianSeconds;
    results[name] = { ...facts, ...result, ratio, difference };
  }
  const ratios = Object.values(results).map(({ ratio }) => ratio);
  return {
    benchmark,
    engine: engine.name,
    device: engine.device,
    precision,
    tokens,
    ...own,
    peers: results,
    ...(ratios.length > 0 && { ratio: Math.min(...ratios) }),
  };
}
