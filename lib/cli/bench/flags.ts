import { engineNames } from "../../engine/use_engine.ts";
import type { SettingTable } from "../../train/setting.ts";
import { COMMON_FLAGS } from "../flags.ts";

/** The benchmarks that exist. */
export type BenchmarkName = "train-step" | "encode" | "max-sim";

/** What a benchmark can be told, by whom it can be met, and what can grow. */
export interface BenchmarkTable {
  /** One line for `--help`. */
  readonly about: string;
  /** Its flags. */
  readonly flags: SettingTable;
  /** Names that `--against` knows. */
  readonly peers: readonly string[];
  /** What `--growth` knows: the flag that grows, and its sizes by default. */
  readonly growth: Readonly<Record<string, Growth>>;
}

/** One thing that grows. */
export interface Growth {
  /** The flag that takes the sizes. */
  readonly flag: string;
  /** Sizes by default. */
  readonly sizes: readonly number[];
}

const LENGTH: Growth = {
  flag: "document-length",
  sizes: [32, 64, 128, 256],
};
/** Length of a token vector where nothing says so; `loadModel` has the same. */
export const BENCH_DIM = 128;
const DIM: Growth = { flag: "dim", sizes: [32, 64, 128, 256] };
const QUERIES: Growth = { flag: "queries", sizes: [1, 2, 4, 8] };

const integer = (fallback: number, help: string, min = 1) =>
  ({ type: "integer", min, default: fallback, help }) as const;

/** Flags of every benchmark; `peers` and `axes` are what it knows. */
function sharedFlags(peers: readonly string[], axes: readonly string[]) {
  return {
    "document-length": integer(180, "longest document, in tokens", 4),
    dim: {
      type: "integer",
      min: 1,
      help: `length of a token vector (default the model's, else ${BENCH_DIM})`,
    },
    steps: integer(6, "turns that count; one more before them warms up"),
    seed: integer(1, "chooses the texts or vectors", 0),
    threads: {
      type: "integer",
      min: 1,
      help: "threads of all sides (default: all cores)",
    },
    against: {
      type: "string",
      help: `peers that take turns with us, by comma: ${peers.join(", ")}`,
    },
    "peer-precision": {
      type: "string",
      choices: ["fp32", "bf16"],
      default: "fp32",
      help: "the peers' precision; bf16 is autocast where they train",
    },
    "peer-device": {
      type: "string",
      choices: ["cpu", "cuda"],
      default: "cpu",
      help: "what the peers run on",
    },
    growth: {
      type: "string",
      choices: axes,
      help: "measures at several sizes of one thing",
    },
    sizes: { type: "string", help: "the sizes of --growth, by comma" },
    figure: {
      type: "string",
      help: "draws the times: FILE.svg, .png or .json",
    },
    ...COMMON_FLAGS,
  } as const satisfies SettingTable;
}

const OURS = {
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
} as const;

const TEXTS = {
  model: { type: "string", help: "a model folder" },
  data: { type: "string", help: "a BEIR folder, plain or gzipped" },
  "query-length": integer(32, "longest query, in tokens", 4),
} as const;

const STEP_PEERS = ["pylate", "sentence-transformers"];
const SIM_PEERS = [
  ...["torch", "sentence-transformers", "maxsim-cpu"],
  ...["flash-maxsim", "late-interaction-kernels"],
];

/** Every benchmark by its name. */
export const BENCHMARKS: Readonly<Record<BenchmarkName, BenchmarkTable>> = {
  "train-step": {
    about: "a training step on texts of a BEIR folder",
    flags: {
      ...OURS,
      ...TEXTS,
      split: {
        type: "string",
        default: "train",
        help: "whose queries and relevant documents are used",
      },
      loss: {
        type: "string",
        choices: ["kl", "contrastive"],
        default: "kl",
        help:
          "divergence from made-up teacher scores, or in-batch cross-entropy",
      },
      queries: integer(4, "queries a step"),
      ways: integer(8, "documents a query", 2),
      mixed: {
        type: "boolean",
        help: "draw documents evenly over the collection's lengths",
      },
      dropout: {
        type: "number",
        min: 0,
        max: 0.99,
        default: 0,
        help: "share of hidden features dropped, on all sides",
      },
      ...sharedFlags(STEP_PEERS, ["queries", "ways", "length", "dim"]),
    },
    peers: STEP_PEERS,
    growth: {
      queries: QUERIES,
      ways: { flag: "ways", sizes: [2, 4, 8, 16] },
      length: LENGTH,
      dim: DIM,
    },
  },
  encode: {
    about: "encoding documents of mixed lengths, strings to vectors",
    flags: {
      ...OURS,
      ...TEXTS,
      texts: integer(256, "documents, drawn evenly over all lengths"),
      whole: {
        type: "boolean",
        help: "texts as they are, not cut to lengths drawn evenly",
      },
      batch: integer(32, "texts that peers take at a time"),
      ...sharedFlags(STEP_PEERS, ["texts", "length", "dim"]),
    },
    peers: STEP_PEERS,
    growth: {
      texts: { flag: "texts", sizes: [32, 64, 128, 256] },
      length: LENGTH,
      dim: DIM,
    },
  },
  "max-sim": {
    about: "MaxSim of random unit vectors, every query with every document",
    flags: {
      ...OURS,
      queries: integer(16, "queries"),
      "query-length": integer(32, "tokens of a query"),
      documents: integer(1000, "documents"),
      equal: {
        type: "boolean",
        help: "all documents are as long as the longest, not mixed",
      },
      gradient: {
        type: "boolean",
        help: "takes the gradients to both sides as well",
      },
      ...sharedFlags(SIM_PEERS, ["queries", "documents", "length", "dim"]),
    },
    peers: SIM_PEERS,
    growth: {
      queries: QUERIES,
      documents: { flag: "documents", sizes: [250, 500, 1000, 2000] },
      length: LENGTH,
      dim: DIM,
    },
  },
};
