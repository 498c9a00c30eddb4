import type { Precision } from "../../engine/precision.ts";
import type { EngineName } from "../../engine/use_engine.ts";
import { nearestName } from "../../num/nearest_name.ts";
import { refuseSetting, type SettingValue } from "../../train/setting.ts";
import { type BenchmarkName, BENCHMARKS } from "./flags.ts";

/** Settings of a benchmark, complete; those it does not have are not read. */
export interface BenchSettings {
  readonly engine: "auto" | EngineName;
  readonly precision: Precision;
  readonly model: string;
  readonly data: string;
  readonly split: string;
  readonly loss: "kl" | "contrastive";
  readonly queries: number;
  readonly ways: number;
  readonly texts: number;
  readonly whole: boolean;
  readonly batch: number;
  readonly documents: number;
  readonly queryLength: number;
  readonly documentLength: number;
  readonly mixed: boolean;
  readonly equal: boolean;
  readonly gradient: boolean;
  /** Absent for the model's own. */
  readonly dim: number | undefined;
  readonly dropout: number;
  readonly steps: number;
  readonly seed: number;
  readonly threads: number;
  readonly against: readonly string[];
  readonly peerPrecision: string;
  readonly peerDevice: string;
  readonly growth: string | undefined;
  readonly sizes: readonly number[] | undefined;
  readonly figure: string | undefined;
  readonly json: boolean;
  /** What is started in place of every peer's program, for tests. */
  readonly peerCommand?: readonly string[];
}

/**
 * Completes given flags with the defaults of their benchmark.
 *
 * @param name The benchmark.
 * @param given Flags that were given, checked.
 * @returns Every setting.
 * @throws {RangeError} If `--model` or `--data` is absent where it is needed, a peer
 * is unknown, or a size is no whole number.
 */
export function benchSettings(
  name: BenchmarkName,
  given: Readonly<Record<string, SettingValue>>,
): BenchSettings {
  const { flags, peers } = BENCHMARKS[name];
  for (const needed of ["model", "data"]) {
    if (needed in flags && given[needed] === undefined) {
      throw new RangeError(
        `Cannot run a benchmark: expected --${needed} FOLDER, got none`,
      );
    }
  }
  const complete = Object.fromEntries(
    Object.entries(flags).map(([flag, { type, default: fallback }]) => [
      flag.replaceAll(/-(.)/g, (_, letter) => letter.toUpperCase()),
      given[flag] ?? fallback ?? (type === "boolean" ? false : undefined),
    ]),
  ) as unknown as BenchSettings;
  if (given.sizes !== undefined && given.growth === undefined) {
    throw refuseSetting("--sizes", "--growth beside it", "none");
  }
  if (!/\.(svg|png|json)$/i.test(complete.figure ?? ".svg")) {
    throw refuseSetting(
      "--figure",
      "a name ending in .svg, .png or .json",
      `"${complete.figure}"`,
    );
  }
  return {
    ...complete,
    threads: complete.threads ?? navigator.hardwareConcurrency,
    against: list(given.against).map((peer) => knownPeer(peer, peers)),
    sizes: given.sizes === undefined ? undefined : list(given.sizes).map(size),
  };
}

/** The parts of a text between commas. */
function list(text: SettingValue | undefined): string[] {
  return text === undefined ? [] : String(text).split(",");
}

function knownPeer(name: string, peers: readonly string[]): string {
  if (peers.includes(name)) return name;
  const near = nearestName(name, peers);
  throw refuseSetting(
    "--against",
    `some of ${peers.join(", ")}`,
    `"${name}"${near ? `; did you mean ${near}?` : ""}`,
  );
}

function size(text: string): number {
  const number = Number(text);
  if (text !== "" && Number.isSafeInteger(number) && number > 0) return number;
  throw refuseSetting("--sizes", "whole numbers above 0 by comma", `"${text}"`);
}
