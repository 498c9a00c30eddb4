/**
 * Times one MiniLM layer, forward and backward, on an engine, and prints calls
 * and milliseconds by kernel.
 *
 *     deno run --allow-ffi --allow-read --allow-env --allow-sys \
 *       tests/bench/engine_probe.ts [engine] [rounds] [threads]
 *
 * The same texts are run as they are (20 to 180 tokens), and once more as if all
 * had one length, with the same number of tokens and the same sum of squared
 * lengths as nearly as whole texts allow; a uniform batch of 32 texts of 180
 * tokens is the size of the step to beat. Rounds alternate between the batches,
 * so that a busy machine slows all of them alike; the fastest round counts.
 *
 * @module
 */
import { stream } from "#lib/num/stream.ts";
import { attention } from "#lib/engine/ops/attention.ts";
import { dropout } from "#lib/engine/ops/dropout.ts";
import { layerNorm } from "#lib/engine/ops/layer_norm.ts";
import { linear } from "#lib/engine/ops/linear.ts";
import {
  type Parameters,
  type Tensor,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { type EngineName, useEngine } from "#lib/engine/use_engine.ts";

const HIDDEN = 384;
const WIDE = 1536;
const HEADS = 12;

/** Texts of one batch. */
interface Batch {
  readonly name: string;
  readonly offsets: Int32Array;
  readonly attend: Uint8Array;
  readonly rowKeys: Uint32Array;
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly rate: number;
}

/** Time of one kernel. */
interface Row {
  calls: number;
  milliseconds: number;
}

const rows = new Map<string, Row>();

/** Puts a clock around every kernel of the engine in use. */
function watchKernels(backendName: string): void {
  for (const config of tf.getKernelsForBackend(backendName)) {
    const { kernelName, kernelFunc } = config;
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      ...config,
      kernelFunc: (call) => {
        const start = performance.now();
        const result = kernelFunc(call);
        const row = rows.get(kernelName) ?? { calls: 0, milliseconds: 0 };
        row.calls++;
        row.milliseconds += performance.now() - start;
        rows.set(kernelName, row);
        return result;
      },
    });
  }
}

/** Normal numbers, always the same; a wave would make absurd logits. */
function numbers(shape: number[], scale: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const random = stream(1, `numbers ${shape}`);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = scale * random.normal();
  return tensorOf(values, shape);
}

/** Makes a batch of texts of these lengths. */
function batchOf(name: string, lengths: number[], rate: number): Batch {
  const offsets = new Int32Array(lengths.length + 1);
  lengths.forEach((length, i) => offsets[i + 1] = offsets[i]! + length);
  const tokens = offsets[lengths.length]!;
  return {
    name,
    offsets,
    attend: new Uint8Array(tokens).fill(1),
    rowKeys: Uint32Array.from({ length: tokens }, (_, i) => i * 2654435761),
    x: numbers([tokens, HIDDEN], 1),
    weights: numbers([tokens, HIDDEN], 1),
    rate,
  };
}

/** The parameters of one layer. */
function layerParameters(): Parameters {
  const vector = (length: number) => numbers([length], 0.1);
  return {
    qkv: numbers([3 * HIDDEN, HIDDEN], 0.05),
    qkvBias: vector(3 * HIDDEN),
    output: numbers([HIDDEN, HIDDEN], 0.05),
    outputBias: vector(HIDDEN),
    gain1: numbers([HIDDEN], 1),
    bias1: vector(HIDDEN),
    wide: numbers([WIDE, HIDDEN], 0.05),
    wideBias: vector(WIDE),
    narrow: numbers([HIDDEN, WIDE], 0.05),
    narrowBias: vector(HIDDEN),
    gain2: numbers([HIDDEN], 1),
    bias2: vector(HIDDEN),
  };
}

/** One layer of BERT. */
function layer(x: Tensor, p: Parameters, batch: Batch): Tensor {
  const { offsets, attend, rowKeys, rate } = batch;
  const drop = (y: Tensor, site: number) =>
    rate === 0 ? y : dropout(y, { rate, rowKeys, site });
  const epsilon = 1e-12;
  const qkv = linear(x, p.qkv!, { bias: p.qkvBias! });
  const mixed = attention(qkv, { offsets, attend, heads: HEADS });
  const output = linear(mixed, p.output!, { bias: p.outputBias! });
  const middle = layerNorm(drop(output, 0), p.gain1!, p.bias1!, {
    residual: x,
    epsilon,
  });
  const wide = linear(middle, p.wide!, {
    bias: p.wideBias!,
    activation: "gelu",
  });
  const narrow = linear(wide, p.narrow!, { bias: p.narrowBias! });
  return layerNorm(drop(narrow, 1), p.gain2!, p.bias2!, {
    residual: middle,
    epsilon,
  });
}

/** What one round took. */
interface Times {
  forward: number;
  /** Forward and backward. */
  both: number;
  /** The matrix products of forward and backward alone. */
  products: number;
}

/** Milliseconds that a computation takes. */
function clocked(compute: () => void): number {
  const start = performance.now();
  compute();
  return performance.now() - start;
}

/** One round of a batch. */
function round(batch: Batch, parameters: Parameters): Times {
  const forward = clocked(() =>
    tf.tidy(() => void layer(batch.x, parameters, batch))
  );
  const both = clocked(() => {
    const { value, gradients } = valueAndGradients(
      ({ x, ...p }) =>
        tf.sum(tf.mul(layer(x!, p, batch), batch.weights)) as Tensor,
      { ...parameters, x: batch.x },
    );
    tf.dispose([value, gradients]);
  });
  return { forward, both, products: productsAlone(batch, parameters) };
}

/** The matrix products of the linear layers, without anything else. */
function productsAlone({ x }: Batch, parameters: Parameters): number {
  const rows = x.shape[0]!;
  const weights = ["qkv", "output", "wide", "narrow"].map((name) =>
    parameters[name]!
  );
  const given = weights.map(({ shape: [out, width] }) =>
    [tf.ones([rows, width!]), tf.ones([rows, out!])] as const
  );
  const time = clocked(() =>
    weights.forEach((weight, i) => {
      const [x, dy] = given[i]!;
      tf.tidy(() => void tf.matMul(x, weight, false, true));
      tf.tidy(() => void tf.matMul(dy, weight));
      tf.tidy(() => void tf.matMul(dy, x, true));
    })
  );
  given.forEach((pair) => tf.dispose([...pair]));
  return time;
}

/** Lengths between 20 and 180 in a fixed disorder. */
function mixedLengths(texts: number): number[] {
  return Array.from({ length: texts }, (_, i) => 20 + (i * 67) % 161);
}

const [name = "onnx", rounds = "10", threads] = Deno.args;
const { device } = await useEngine(name as EngineName, {
  threads: threads === undefined ? undefined : Number(threads),
});
console.log(`${name}: ${device}`);
const mixed = mixedLengths(32);
const tokens = mixed.reduce((a, b) => a + b, 0);
const squares = mixed.reduce((a, b) => a + b * b, 0);
const even = Math.round(squares / tokens);
const batches = [
  batchOf("uniform 32 x 180", Array(32).fill(180), 0),
  batchOf("mixed 32 x 20..180", mixed, 0),
  batchOf(
    `as many tokens, all ${even}`,
    Array(Math.round(tokens / even)).fill(even),
    0,
  ),
  batchOf("uniform, dropout 0.1", Array(32).fill(180), 0.1),
];
const parameters = layerParameters();
watchKernels(name);
const best = batches.map((): Times => ({
  forward: Infinity,
  both: Infinity,
  products: Infinity,
}));
const tables = batches.map(() => new Map<string, Row>());
for (let i = 0; i < Number(rounds); i++) {
  batches.forEach((batch, b) => {
    rows.clear();
    const least = best[b]!;
    const { forward, both, products } = round(batch, parameters);
    if (both < least.both) tables[b] = new Map(rows);
    least.forward = Math.min(least.forward, forward);
    least.both = Math.min(least.both, both);
    least.products = Math.min(least.products, products);
  });
}
batches.forEach(({ name, offsets }, b) => {
  const tokens = offsets.at(-1)!;
  const { forward, both, products } = best[b]!;
  console.log(`\n${name}: ${tokens} tokens
  forward ${forward.toFixed(1)} ms, forward and backward ${
    both.toFixed(1)
  } ms, ${(both * 1e3 / tokens).toFixed(2)} us a token, ${
    (both / products).toFixed(2)
  } times the matrix products of the linear layers alone`);
  const table = [...tables[b]!].sort(([, a], [, b]) =>
    b.milliseconds - a.milliseconds
  );
  for (const [kernel, { calls, milliseconds }] of table) {
    const ms = milliseconds.toFixed(2).padStart(8);
    console.log(
      `  ${kernel.padEnd(20)} ${String(calls).padStart(4)} calls ${ms} ms`,
    );
  }
});
