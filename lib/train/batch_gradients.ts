import {
  type Parameters,
  read,
  scalarOf,
  type Tensor,
  tf,
  valueAndGradients,
} from "../engine/tensor.ts";
import { withinMemory } from "../engine/within_memory.ts";
import type { Dropout, Encoder, TokenVectors } from "../encoder/encoder.ts";
import { reorder } from "../text/pack_texts.ts";
import type { PackedTokens } from "../text/packed_tokens.ts";
import { type BatchPart, partsOf } from "./batch_part.ts";
import type { BatchLoss, TrainingBatch } from "./step.ts";

/** How a batch's gradient is computed. */
export interface BatchGradientsOptions {
  /** The model. */
  readonly encoder: Encoder;
  /** Token vectors to a scalar, mean over queries. */
  readonly loss: BatchLoss;
  /** Hidden dropout, if any. */
  readonly dropout?: Omit<Dropout, "texts">;
  /** Texts encoded at a time (GradCache), at least 1. Default 0: all at once. */
  readonly chunk?: number;
  /** Parts that are differentiated one after the other, at least 1. Default 1. */
  readonly accumulate?: number;
  /** Given a line for people when memory runs out and the work goes on in smaller chunks. */
  readonly say?: ((line: string) => void) | undefined;
}

/** A loss and its gradients. */
export interface LossAndGradients {
  /** The loss, nats. */
  readonly loss: number;
  /** One gradient a parameter; the caller disposes them. */
  readonly gradients: Parameters;
  /** Texts encoded at a time, where memory did not suffice for as many as asked. */
  readonly chunk?: number;
}

/** Texts that are encoded together. */
interface Chunk {
  /** The texts. */
  readonly texts: PackedTokens;
  /** Index in the whole batch of each, `[texts]`. */
  readonly numbers: Int32Array;
}

/**
 * Differentiates a batch's loss by the model's parameters, within the memory
 * that `chunk` and `accumulate` allow.
 *
 * - `accumulate` parts: each part's loss is differentiated by itself, and the
 *   gradients are added up by their share of the queries,
 *   `gradient = sum over parts of share * gradient of part`. Only for a loss that
 *   takes each query by itself; one over the whole batch would lose negatives.
 * - `chunk` (GradCache): the texts are encoded a chunk at a time without a tape;
 *   the loss is differentiated by the token vectors; then every chunk is encoded
 *   again, and the gradient of `<vectors, their gradient>` is added up. The chain
 *   rule makes this the gradient of the whole batch, for any loss.
 *
 * Both give the gradient of the batch at once, but for the order of additions.
 * Dropout is replayed exactly: a mask depends on the text's index in the whole
 * batch, the step and the place, not on what is encoded with it.
 *
 * Where memory runs out, all that was allocated is freed and the batch is taken
 * in chunks of half as many texts, until it fits: the same gradient again, within
 * rounding. The result says how many fitted.
 *
 * Cost: GradCache encodes every text twice; in return it holds the activations of
 * one chunk, and of the loss.
 * Random: dropout masks only.
 * Source: Gao and others 2021 (Scaling deep contrastive learning batch size under
 * memory limited setup), section 3; PyLate's `CachedContrastive`.
 * Differs: theirs restores the state of a random generator where ours counts.
 *
 * @param parameters What to differentiate by; they stay alive.
 * @param batch Texts and targets.
 * @param options The model, the loss, dropout, chunk and parts.
 * @returns The loss and its gradients.
 * @throws {RangeError} If there are fewer queries than parts, or memory does not
 * suffice for one text at a time.
 *
 * @example Usage
 * ```ts
 * import { batchGradients, packRows, read, tensorOf, useEngine } from "#lib/mod.ts";
 * import * as tf from "@tensorflow/tfjs";
 * import { assertEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const encode = (tokens: { ids: Int32Array; offsets: Int32Array; keep: Uint8Array }, p: Record<string, tf.Tensor>) => ({
 *   ...tokens,
 *   values: tf.gather(p.table!, tf.tensor1d(tokens.ids, "int32")),
 * });
 * const encoder = { dim: 1, hidden: 1, maxTokens: 1, shapes: {}, encode, tokenStates: encode };
 * const batch = {
 *   queries: packRows([{ ids: [0] }]),
 *   documents: packRows([{ ids: [1] }]),
 *   ways: 1,
 *   excluded: new Uint8Array(1),
 * };
 * const { loss, gradients } = batchGradients({ table: tensorOf([2, 3], [2, 1]) }, batch, {
 *   encoder,
 *   loss: (q, d) => tf.sum(tf.mul(q.values, d.values)),
 *   chunk: 1,
 * });
 * assertEquals([loss, ...read(gradients.table!)], [6, 3, 2]);
 * ```
 */
export function batchGradients(
  parameters: Parameters,
  batch: TrainingBatch,
  options: BatchGradientsOptions,
): LossAndGradients {
  const { accumulate = 1, chunk = 0, say } = options;
  const parts = partsOf(batch, accumulate);
  const texts = Math.max(...parts.map(({ numbers }) => numbers.length));
  const asked = chunk > 0 ? Math.min(chunk, texts) : texts;
  const { result, chunk: taken } = withinMemory(
    "differentiate a batch",
    asked,
    {
      ...{ units: "texts", say },
      advice:
        "use a smaller --batch, fewer --ways or a lower --document-length",
      compute: (fitting) =>
        gradientsOf(parameters, parts, {
          ...options,
          chunk: fitting < asked ? fitting : chunk,
        }),
    },
  );
  return taken < asked ? { ...result, chunk: taken } : result;
}

/** The gradient of a batch's parts, with as many texts at a time as is said. */
function gradientsOf(
  parameters: Parameters,
  parts: readonly BatchPart[],
  options: BatchGradientsOptions & { readonly chunk: number },
): LossAndGradients {
  const differentiate = options.chunk > 0 ? cachedGradients : plainGradients;
  let total: LossAndGradients | undefined;
  for (const part of parts) {
    const { loss, gradients } = differentiate(parameters, part, options);
    total = {
      loss: (total?.loss ?? 0) + part.share * loss,
      gradients: added(total?.gradients, scaled(gradients, part.share)),
    };
  }
  return total!;
}

/** The gradient of a part whose texts are encoded in one go. */
function plainGradients(
  parameters: Parameters,
  part: BatchPart,
  options: BatchGradientsOptions,
): LossAndGradients {
  const queries = part.batch.queries.offsets.length - 1;
  const { value, gradients } = valueAndGradients((given) => {
    const vectors = encoded(part, given, options);
    return options.loss(...splitAt(vectors, queries), part.batch);
  }, parameters);
  return { loss: taken(value), gradients };
}

/** The gradient of a part whose texts are encoded a chunk at a time, twice. */
function cachedGradients(
  parameters: Parameters,
  part: BatchPart,
  options: BatchGradientsOptions,
): LossAndGradients {
  const chunks = chunksOf(part, options.chunk!);
  const values = tf.tidy(() =>
    tf.concat(
      chunks.map((chunk) =>
        tf.tidy(() => encoded(chunk, parameters, options).values)
      ),
    )
  );
  const queries = part.batch.queries.offsets.length - 1;
  const { offsets, keep } = part.texts;
  const { value, gradients: { slope } } = valueAndGradients(
    ({ slope: values }) => {
      const vectors = { values: values!, offsets, keep };
      return options.loss(...splitAt(vectors, queries), part.batch);
    },
    { slope: values },
  );
  values.dispose();
  let [row, sum]: [number, Parameters | undefined] = [0, undefined];
  for (const chunk of chunks) {
    const rows = chunk.texts.ids.length;
    const own = tf.slice(slope!, [row, 0], [rows, slope!.shape[1]!]);
    sum = added(sum, chunkGradients(parameters, chunk, [own, options]));
    own.dispose();
    row += rows;
  }
  slope!.dispose();
  return { loss: taken(value), gradients: sum! };
}

/** What one chunk adds to the gradient, given that of its token vectors. */
function chunkGradients(
  parameters: Parameters,
  chunk: Chunk,
  [slope, options]: readonly [Tensor, BatchGradientsOptions],
): Parameters {
  const { value, gradients } = valueAndGradients(
    (given) => tf.sum(tf.mul(encoded(chunk, given, options).values, slope)),
    parameters,
  );
  value.dispose();
  return gradients;
}

/** Token vectors of some texts, dropped out as in the whole batch. */
function encoded(
  { texts, numbers }: Chunk,
  parameters: Parameters,
  { encoder, dropout }: BatchGradientsOptions,
): TokenVectors {
  return encoder.encode(texts, parameters, {
    ...(dropout && dropout.rate > 0 &&
      { dropout: { ...dropout, texts: numbers } }),
  });
}

/** A part's texts, so many at a time. */
function chunksOf({ texts, numbers }: Chunk, size: number): Chunk[] {
  const count = Math.ceil(numbers.length / size);
  return Array.from({ length: count }, (_, i) => {
    const own = numbers.subarray(i * size, (i + 1) * size);
    const places = Array.from(own, (_, j) => i * size + j);
    return { texts: reorder(texts, places), numbers: own };
  });
}

/** Parts token vectors into those of the first texts and those of the rest. */
function splitAt(
  vectors: TokenVectors,
  texts: number,
): [TokenVectors, TokenVectors] {
  const { values, offsets, keep } = vectors;
  const cut = offsets[texts]!;
  const [tokens, dim] = values.shape as [number, number];
  return [
    {
      values: tf.slice(values, [0, 0], [cut, dim]),
      offsets: offsets.slice(0, texts + 1),
      keep: keep.subarray(0, cut),
    },
    {
      values: tf.slice(values, [cut, 0], [tokens - cut, dim]),
      offsets: offsets.slice(texts).map((offset) => offset - cut),
      keep: keep.subarray(cut),
    },
  ];
}

/** The number of a scalar, which is freed. */
function taken(value: Tensor): number {
  const [number] = read(value);
  value.dispose();
  return number!;
}

/** A set times a number; a set times 1 stays as it is. */
function scaled(set: Parameters, share: number): Parameters {
  return share === 1 ? set : replaced(set, (x) => tf.mul(x, scalarOf(share)));
}

/** The sum of two sets, of which both are consumed. */
function added(sum: Parameters | undefined, set: Parameters): Parameters {
  if (!sum) return set;
  const total = replaced(set, (x, name) => tf.add(x, sum[name]!));
  tf.dispose({ ...sum });
  return total;
}

/** New tensors in place of a set's, which are freed. */
function replaced(
  set: Parameters,
  make: (x: Tensor, name: string) => Tensor,
): Parameters {
  const made = Object.entries(set).map(([name, x]) => [
    name,
    tf.tidy(() => make(x, name)),
  ]);
  tf.dispose({ ...set });
  return Object.fromEntries(made);
}
