import { unitNorm } from "../../engine/ops/unit_norm.ts";
import { read, tensorOf, tf, valueAndGradients } from "../../engine/tensor.ts";
import { useEngine } from "../../engine/use_engine.ts";
import type { TokenVectors } from "../../encoder/encoder.ts";
import { stream } from "../../num/stream.ts";
import { maxSimScores } from "../../score/max_sim_scores.ts";
import type { Comparison, Contest } from "./contest.ts";
import { BENCH_DIM } from "./flags.ts";
import type { BenchSettings } from "./settings.ts";

/**
 * By how much scores of two systems may differ for each query token: unit vectors'
 * products, rounded in 32 bits, or from factors of 8 or 11 bits.
 */
const AGREEMENT = { exact: 2e-6, rounded: 1e-2 } as const;

/** Peers whose products have factors of 16 bits, whatever the storage. */
const ROUNDING_PEERS: readonly string[] = ["flash-maxsim"];

/** Random unit vectors, text after text. */
export interface RandomVectors {
  /** `[tokens * dim]`. */
  readonly values: Float32Array;
  /** Tokens of each text. */
  readonly lengths: readonly number[];
}

/**
 * Prepares the benchmark of MaxSim: from vectors in each system's own layout to
 * scores on the host, `[queries, documents]`, and with `gradient` after the gradients
 * of their sum to both sides.
 *
 * Vectors lie in our engine's own storage, as its encoder leaves them. Scores of the
 * first turn must agree.
 *
 * @param settings Complete.
 * @returns The contest.
 */
export async function maxSimContest(
  settings: BenchSettings,
): Promise<Contest> {
  const { dim = BENCH_DIM, gradient } = settings;
  const [queries, documents] = randomSides(settings);
  const engine = await useEngine(settings.engine, settings);
  const sides = [queries, documents].map((side) => vectorsOf(side, dim));
  let own: Float32Array | undefined;
  return {
    benchmark: "max-sim",
    engine,
    tokens: sum(documents.lengths),
    take: () => {
      const start = performance.now();
      const scores = scoresOf(sides[0]!, sides[1]!, gradient);
      const seconds = (performance.now() - start) / 1000;
      own ??= scores;
      return { seconds };
    },
    programOf: () => ({ environment: ".venv_others", script: "max_sim.py" }),
    prepare: async (folder) => {
      await writeNumbers(`${folder}/queries.f32`, queries.values);
      await writeNumbers(`${folder}/documents.f32`, documents.values);
    },
    settingsFor: (kernel, folder) => ({
      kernel,
      dim,
      gradient,
      queries: `${folder}/queries.f32`,
      queryLengths: queries.lengths,
      documents: `${folder}/documents.f32`,
      documentLengths: documents.lengths,
      scores: `${folder}/${kernel}.f32`,
    }),
    compare: async (_own, _theirs, { peer, folder }) => {
      const bytes = await Deno.readFile(`${folder}/${peer}.f32`);
      const theirs = new Float32Array(bytes.buffer);
      return compareScores(own!, theirs, { ...settings, peer });
    },
  };
}

/**
 * Draws queries and documents: unit vectors of even direction; queries all of the same
 * length, documents of even lengths from a quarter of the longest, unless `equal`.
 *
 * Random: streams `bench/queries`, `bench/documents` and `bench/lengths`.
 *
 * @param settings How many, how long, and the seed.
 * @returns Both sides.
 */
export function randomSides(
  settings: Pick<
    BenchSettings,
    | "queries"
    | "queryLength"
    | "documents"
    | "documentLength"
    | "dim"
    | "seed"
    | "equal"
  >,
): [RandomVectors, RandomVectors] {
  const { documentLength: longest, seed, dim = BENCH_DIM } = settings;
  const random = stream(seed, "bench/lengths");
  const shortest = Math.ceil(longest / 4);
  const draw = () => shortest + random.integer(longest - shortest + 1);
  const lengths = Array.from(
    { length: settings.documents },
    () => settings.equal ? longest : draw(),
  );
  const same = new Array<number>(settings.queries).fill(settings.queryLength);
  return [
    { values: unitRows(same, { dim, seed, name: "queries" }), lengths: same },
    { values: unitRows(lengths, { dim, seed, name: "documents" }), lengths },
  ];
}

function unitRows(
  lengths: readonly number[],
  { dim, seed, name }: {
    readonly dim: number;
    readonly seed: number;
    readonly name: string;
  },
): Float32Array {
  const random = stream(seed, `bench/${name}`);
  const values = new Float32Array(sum(lengths) * dim);
  for (let row = 0; row < values.length; row += dim) {
    let squares = 0;
    for (let i = row; i < row + dim; i++) {
      squares += (values[i] = random.normal()) ** 2;
    }
    for (let i = row; i < row + dim; i++) values[i]! /= Math.sqrt(squares);
  }
  return values;
}

/** The vectors in the engine's storage of activations, all counting. */
function vectorsOf(
  { values, lengths }: RandomVectors,
  dim: number,
): TokenVectors {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => offsets[i + 1] = offsets[i]! + length);
  const tokens = offsets.at(-1)!;
  return {
    values: tf.tidy(() => unitNorm(tensorOf(values, [tokens, dim]))),
    offsets,
    keep: new Uint8Array(tokens).fill(1),
  };
}

/** Scores on the host; after the gradients of their sum where those are wanted. */
function scoresOf(
  queries: TokenVectors,
  documents: TokenVectors,
  gradient: boolean,
): Float32Array {
  if (!gradient) {
    const scores = maxSimScores(queries, documents);
    const values = read(scores) as Float32Array;
    scores.dispose();
    return values;
  }
  let values = new Float32Array();
  const { value, gradients } = valueAndGradients(({ q, d }) => {
    const scores = maxSimScores(
      { ...queries, values: q! },
      { ...documents, values: d! },
    );
    values = Float32Array.from(read(scores));
    return tf.sum(scores);
  }, { q: queries.values, d: documents.values });
  // an engine may compute later than asked
  tf.tidy(() => {
    for (const side of [gradients.q!, gradients.d!]) read(tf.slice(side, 0, 1));
  });
  tf.dispose([value, gradients]);
  return values;
}

/**
 * Holds the scores of two systems against each other: the largest difference, for each
 * query token.
 *
 * @param own Ours.
 * @param theirs The peer's.
 * @param settings Query length, precisions, and which peer.
 * @returns How far they are apart, and may be.
 */
export function compareScores(
  own: Float32Array,
  theirs: Float32Array,
  { queryLength, precision, peerPrecision, peer }:
    & Pick<BenchSettings, "queryLength" | "precision" | "peerPrecision">
    & { readonly peer: string },
): Comparison {
  const of = "scores a query token";
  const isExact = precision === "fp32" && peerPrecision === "fp32" &&
    !ROUNDING_PEERS.includes(peer);
  const allowed = isExact ? AGREEMENT.exact : AGREEMENT.rounded;
  if (own.length !== theirs.length) {
    return { of, difference: Infinity, allowed };
  }
  // what is not a number stays visible
  const difference = own.reduce(
    (most, score, i) => Math.max(most, Math.abs(score - theirs[i]!)),
    0,
  ) / queryLength;
  return { of, difference, allowed };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

async function writeNumbers(path: string, values: Float32Array): Promise<void> {
  await Deno.writeFile(path, new Uint8Array(values.buffer as ArrayBuffer));
}
