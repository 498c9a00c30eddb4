import { readBeir } from "../../dataset/beir.ts";
import { read } from "../../engine/tensor.ts";
import { useEngine } from "../../engine/use_engine.ts";
import { encodeDocuments } from "../../search/encode_collection.ts";
import { parametersOf, type Retriever } from "../../search/retriever.ts";
import { packDocuments } from "../../text/document_form.ts";
import { benchTexts } from "./batch.ts";
import type { Comparison, Contest } from "./contest.ts";
import { benchModel, modelForPeers, saveForPeers } from "./model.ts";
import type { PeerProgram } from "./peer.ts";
import type { BenchSettings } from "./settings.ts";

/**
 * Distance that the unit vectors of a token may have between two systems: fifty times
 * what 32-bit rounding gave over six layers (2e-6), and three times what 16-bit storage
 * gave (0.03).
 */
const AGREEMENT = { exact: 1e-4, rounded: 0.1 } as const;

const PROGRAMS: Readonly<Record<string, PeerProgram>> = {
  pylate: { environment: ".venv", script: "pylate_encode.py" },
  "sentence-transformers": {
    environment: ".venv_others",
    script: "sentence_transformers_encode.py",
  },
};

/** The vectors of each text's counting tokens, `[tokens * dim]` numbers a text. */
export type TextVectors = readonly Float32Array[];

/**
 * Prepares the benchmark of encoding documents: from strings to the vectors of the
 * tokens that count, on the host in 32 bits, tokenising included.
 *
 * Each system sorts by length and batches in its own way. Vectors of the first turn
 * must agree token by token.
 *
 * @param settings Complete.
 * @returns The contest.
 */
export async function encodeContest(
  settings: BenchSettings,
): Promise<Contest> {
  const { batch } = settings;
  const texts = benchTexts(await readBeir(settings.data), {
    count: settings.texts,
    seed: settings.seed,
    words: settings.whole ? undefined : settings.documentLength,
  });
  const engine = await useEngine(settings.engine, settings);
  const loaded = await benchModel(settings);
  const { model, weights } = loaded;
  const { dim } = model.encoder;
  const retriever = { ...model, parameters: parametersOf(weights) };
  let own: TextVectors = [];
  return {
    benchmark: "encode",
    engine,
    tokens:
      packDocuments(texts, model.tokenizer, model.documentForm).ids.length,
    take: async () => {
      const start = performance.now();
      const vectors = await encodeTexts(retriever, texts);
      const seconds = (performance.now() - start) / 1000;
      if (own.length === 0) own = vectors;
      return { seconds };
    },
    programOf: (peer) => PROGRAMS[peer]!,
    prepare: (folder) => saveForPeers(folder, loaded),
    settingsFor: (peer, folder) => ({
      ...modelForPeers(folder, loaded.model),
      texts,
      batch,
      vectors: `${folder}/${peer}.f32`,
    }),
    compare: async (_own, { lengths = [] }, { peer, folder }) => {
      const bytes = await Deno.readFile(`${folder}/${peer}.f32`);
      const values = new Float32Array(bytes.buffer);
      return compareVectors(own, { values, lengths, dim }, settings);
    },
  };
}

/** The vectors of the tokens that count, on the host, text by text. */
async function encodeTexts(
  retriever: Retriever,
  texts: readonly string[],
): Promise<TextVectors> {
  const documents = new Map(texts.map((text, i) => [String(i), text]));
  const result: Float32Array[] = [];
  for await (const { ids, vectors } of encodeDocuments(retriever, documents)) {
    const { values, offsets, keep } = vectors;
    const numbers = read(values) as Float32Array;
    const dim = values.shape[1]!;
    values.dispose();
    ids.forEach((id, i) => {
      const [first, last] = [offsets[i]!, offsets[i + 1]!];
      result[Number(id)] = keptRows(numbers, { first, last, keep, dim });
    });
  }
  return result;
}

/** The rows from `first` to before `last` that count, end to end. */
function keptRows(
  numbers: Float32Array,
  { first, last, keep, dim }: {
    readonly first: number;
    readonly last: number;
    readonly keep: Uint8Array;
    readonly dim: number;
  },
): Float32Array {
  const kept = keep.subarray(first, last).reduce((sum, one) => sum + one, 0);
  const rows = new Float32Array(kept * dim);
  let at = 0;
  for (let row = first; row < last; row++) {
    if (!keep[row]) continue;
    rows.set(numbers.subarray(row * dim, (row + 1) * dim), at);
    at += dim;
  }
  return rows;
}

/**
 * Holds the vectors of two systems against each other: the largest distance between
 * their vectors of the same token.
 *
 * @param own Ours, text by text.
 * @param theirs The peer's, end to end, and how many each text has.
 * @param settings Precisions.
 * @returns How far they are apart, and may be.
 */
export function compareVectors(
  own: TextVectors,
  { values, lengths, dim }: {
    readonly values: Float32Array;
    readonly lengths: readonly number[];
    readonly dim: number;
  },
  { precision, peerPrecision }: Pick<
    BenchSettings,
    "precision" | "peerPrecision"
  >,
): Comparison {
  const odd = own.findIndex((rows, i) => rows.length !== lengths[i]! * dim);
  if (odd >= 0) {
    const difference = Math.abs(own[odd]!.length / dim - (lengths[odd] ?? 0));
    return { of: `how many vectors text ${odd} has`, difference, allowed: 0 };
  }
  let [start, most] = [0, 0];
  for (const rows of own) {
    for (let row = 0; row < rows.length; row += dim) {
      let sum = 0;
      for (let i = row; i < row + dim; i++) {
        sum += (rows[i]! - values[start + i]!) ** 2;
      }
      most = Math.max(most, sum); // what is not a number stays visible
    }
    start += rows.length;
  }
  const isExact = precision === "fp32" && peerPrecision === "fp32";
  return {
    of: "every token's vector",
    difference: Math.sqrt(most),
    allowed: isExact ? AGREEMENT.exact : AGREEMENT.rounded,
  };
}
