import { linear } from "../engine/ops/linear.ts";
import { read, type Tensor, tf } from "../engine/tensor.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { quantile } from "../num/quantile.ts";

/** What a run is expected to need, before it starts. */
export interface Estimate {
  /** Seconds of one training step. */
  readonly stepSeconds: number;
  /** Seconds to encode one token without gradient. */
  readonly tokenSeconds: number;
  /** Peak memory of the process, bytes. */
  readonly memoryBytes: number;
}

/** Share of the speed of a bare matrix product that a whole step reaches. */
const STEP_EFFICIENCY = 0.55;
/** Memory of a process before it holds a model, bytes. */
const PROCESS_BYTES = 500e6;
/** Floats kept for the gradient, a token and a matrix input or output feature. */
const KEPT_FLOATS = 1.2;

/**
 * Estimates the time and memory of training from the size of the model, the
 * tokens of a step, and the speed of one matrix product on the engine in use.
 *
 * A token costs two operations a weight forward and four backward; attention
 * and the optimiser are in the efficiency, which was fitted to whole runs.
 *
 * GradCache encodes every text once more and holds the activations of one chunk.
 *
 * @param encoder The model.
 * @param tokens Tokens a step.
 * @param options Tokens whose activations are held at a time, and whether that is
 * GradCache's doing.
 * @returns Expected seconds and bytes; right within a factor of about 1.5.
 */
export function estimateTraining(
  encoder: Encoder,
  tokens: number,
  options: { readonly held?: number; readonly isCached?: boolean } = {},
): Estimate {
  const { held = tokens, isCached = false } = options;
  const matrices = Object.entries(encoder.shapes).filter(([name, shape]) =>
    shape.length === 2 && !name.startsWith("embeddings.")
  );
  const weights = Object.values(encoder.shapes)
    .map((shape) => shape.reduce((a, b) => a * b, 1))
    .reduce((a, b) => a + b, 0);
  const active = matrices.reduce(
    (sum, [, [rows, columns]]) => sum + rows! * columns!,
    0,
  );
  const features = matrices.reduce(
    (sum, [, [rows, columns]]) => sum + rows! + columns!,
    0,
  );
  const speed = speeds.get(tf.getBackend()) ?? matrixSpeed();
  speeds.set(tf.getBackend(), speed);
  const rate = speed * STEP_EFFICIENCY;
  return {
    stepSeconds: (isCached ? 8 : 6) * active * tokens / rate + 8e-9 * weights,
    tokenSeconds: 2 * active / rate,
    memoryBytes: PROCESS_BYTES + 16 * weights +
      4 * KEPT_FLOATS * features * held,
  };
}

/** Operations a second of the engines that were tried: once a process is enough. */
const speeds = new Map<string, number>();

/** Milliseconds from an engine's first work to when its threads are surely there. */
const STARTING = 300;

/** Milliseconds to try products for, at least. */
const TRIAL = 100;

/** An engine that has had its first work. */
interface Woken {
  /** When, by the clock of `performance.now`. */
  readonly at: number;
  /** Whether products of middling size can be tried on it. */
  readonly isFast: boolean;
}

/** The engines that have had their first work. */
const woken = new Map<string, Woken>();

/**
 * Gives the engine in use its first work, so that its threads start while other
 * things are read: the estimate then has less to wait for. Once a process is enough.
 *
 * @returns When it was given, and whether the engine is a fast one.
 */
export function wakeEngine(): Woken {
  const known = woken.get(tf.getBackend());
  if (known) return known;
  const isFast = tf.tidy(() => {
    const small = productOf(256);
    if (Math.min(small(), small()) >= 25) return false;
    const product = productOf(512); // large enough to be shared among threads
    for (let call = 0; call < 10; call++) product();
    return true;
  });
  const first = { at: performance.now(), isFast };
  woken.set(tf.getBackend(), first);
  return first;
}

/**
 * Operations a second of one product of middling size, on a slow engine of a
 * small one: the lower quartile of many, for an engine's threads only start when there
 * is work for them, and others may compute meanwhile.
 */
function matrixSpeed(): number {
  const { at, isFast } = wakeEngine();
  return tf.tidy(() => {
    const size = isFast ? 1024 : 256;
    const product = productOf(size);
    const times: number[] = [];
    const end = Math.max(at + STARTING, performance.now() + TRIAL);
    while (times.length < 2 || performance.now() < end) times.push(product());
    return 2 * size * size * WIDTH / (quantile(times, 0.25) / 1000);
  });
}

/** What is summed over in a product that is tried. */
const WIDTH = 512;

/** A product `[size, WIDTH]` by `[size, WIDTH]` transposed, which tells its milliseconds. */
function productOf(size: number): () => number {
  const x = tf.fill([size, WIDTH], 0.5) as Tensor;
  const weight = tf.fill([size, WIDTH], 0.5) as Tensor;
  return () =>
    tf.tidy(() => {
      const start = performance.now();
      // Reading one number waits for the product without copying it.
      read(tf.slice(linear(x, weight), [0, 0], [1, 1]) as Tensor);
      return performance.now() - start;
    });
}

/**
 * A duration as people say it.
 *
 * @param seconds Any length.
 * @returns For example `45 s`, `3 min 20 s`, `2 h 5 min`.
 */
export function spellDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 100) return `${Math.max(1, whole)} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.round(whole % 3600 / 60)} min`;
}
