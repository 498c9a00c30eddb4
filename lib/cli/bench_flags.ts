import type { Precision } from "../engine/precision.ts";
import { type EngineName, engineNames } from "../engine/use_engine.ts";
import type { SettingTable, SettingValue } from "../train/setting.ts";
import { COMMON_FLAGS } from "./flags.ts";

/** Flags of `deno task bench`. */
export const BENCH_FLAGS: SettingTable = {
  engine: {
    type: "string",
    choices: ["auto", ...engineNames()],
    default: "onnx",
    help: "our engine",
  },
  precision: {
    type: "string",
    choices: ["fp32", "tf32", "bf16"],
    default: "fp32",
    help: "storage of our activations; tf32 and bf16 on engine torch",
  },
  model: { type: "string", help: "a model folder" },
  data: { type: "string", help: "a BEIR folder, plain or gzipped" },
  split: {
    type: "string",
    default: "train",
    help: "whose queries and relevant documents are used",
  },
  queries: { type: "integer", min: 1, default: 4, help: "queries a step" },
  ways: { type: "integer", min: 2, default: 8, help: "documents a query" },
  "query-length": {
    type: "integer",
    min: 4,
    default: 32,
    help: "longest query, in tokens",
  },
  "document-length": {
    type: "integer",
    min: 4,
    default: 180,
    help: "longest document, in tokens",
  },
  mixed: {
    type: "boolean",
    help: "draw documents evenly over the collection's lengths",
  },
  dim: {
    type: "integer",
    min: 1,
    default: 128,
    help: "length of a token vector",
  },
  dropout: {
    type: "number",
    min: 0,
    max: 0.99,
    default: 0,
    help: "share of hidden features dropped, on both sides",
  },
  steps: {
    type: "integer",
    min: 1,
    default: 6,
    help: "steps that count; one more before them warms up",
  },
  seed: { type: "integer", min: 0, default: 1, help: "chooses the documents" },
  threads: {
    type: "integer",
    min: 1,
    help: "threads of both sides (default: all cores)",
  },
  against: {
    type: "string",
    choices: ["pylate"],
    help: "a peer that takes its steps between ours",
  },
  "peer-precision": {
    type: "string",
    choices: ["fp32", "bf16"],
    default: "fp32",
    help: "the peer's precision; bf16 is autocast",
  },
  ...COMMON_FLAGS,
};

/** Settings of the benchmark, complete. */
export interface BenchSettings {
  readonly engine: "auto" | EngineName;
  readonly precision: Precision;
  readonly model: string;
  readonly data: string;
  readonly split: string;
  readonly queries: number;
  readonly ways: number;
  readonly queryLength: number;
  readonly documentLength: number;
  readonly mixed: boolean;
  readonly dim: number;
  readonly dropout: number;
  readonly steps: number;
  readonly seed: number;
  readonly threads: number;
  readonly against: string | undefined;
  readonly peerPrecision: string;
  readonly json: boolean;
}

/**
 * Completes given flags with the defaults of their table.
 *
 * @param given Flags that were given, checked.
 * @returns Every setting.
 * @throws {RangeError} If `--model` or `--data` is absent.
 */
export function benchSettings(
  given: Readonly<Record<string, SettingValue>>,
): BenchSettings {
  const value = (name: string) => given[name] ?? BENCH_FLAGS[name]?.default;
  const number = (name: string) => value(name) as number;
  const text = (name: string) => value(name) as string;
  for (const name of ["model", "data"]) {
    if (value(name) === undefined) {
      throw new RangeError(
        `Cannot run a benchmark: expected --${name} FOLDER, got none`,
      );
    }
  }
  return {
    engine: text("engine") as BenchSettings["engine"],
    precision: text("precision") as Precision,
    model: text("model"),
    data: text("data"),
    split: text("split"),
    queries: number("queries"),
    ways: number("ways"),
    queryLength: number("query-length"),
    documentLength: number("document-length"),
    mixed: value("mixed") === true,
    dim: number("dim"),
    dropout: number("dropout"),
    steps: number("steps"),
    seed: number("seed"),
    threads: (value("threads") ?? navigator.hardwareConcurrency) as number,
    against: value("against") as string | undefined,
    peerPrecision: text("peer-precision"),
    json: value("json") === true,
  };
}
