import { read, scalarOf, type Tensor, tensorOf, tf } from "../engine/tensor.ts";
import { stream } from "../num/stream.ts";
import { scheduleFreeSequences } from "../optim/schedule_free_sequences.ts";

/** Convex quadratics with their minimum at the origin, side by side. */
export interface Quadratics {
  /** Eigenvalues, `[problems][dimensions]`. */
  readonly eigenvalues: readonly (readonly number[])[];
  /** Where every descent begins, `[problems][dimensions]`. */
  readonly start: readonly (readonly number[])[];
}

/** What schedule-free descent came to on each problem. */
export interface Descent {
  /** Loss above the minimum before the first step. */
  readonly first: readonly number[];
  /** Least loss of the average seen on the way; that of the start counts. */
  readonly least: readonly number[];
  /** Loss of the average after the last step. */
  readonly last: readonly number[];
  /** Mean over the steps of `<gradient at y, z - minimum>`: the average regret. */
  readonly regret: readonly number[];
  /** Largest norm of a gradient met. */
  readonly gradient: readonly number[];
}

/**
 * Draws random quadratics: eigenvalues log-uniform, so that every power of ten
 * has as many, and a start of standard normal coordinates.
 *
 *     f(x) = 1/2 sum over i of eigenvalue[i] x[i]^2
 *
 * A rotation and a shift would change nothing, because gradient steps follow
 * both: so the axes are those of the matrix, and the minimum is the origin.
 *
 * Random: stream `spectrum/<problem>` of seed 0, the same problems for every
 * seed; `start/<problem>` of the seed.
 * Source: Defazio and others 2024, section 2.2: 20 dimensions, eigenvalues
 * log-uniform in `[1e-6, 1]`. Differs: the paper does not say where it starts.
 *
 * @param options Number of problems and dimensions, seed of the starts.
 * @returns The problems.
 *
 * @example Usage
 * ```ts
 * import { randomQuadratics } from "#lib/mod.ts";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const { eigenvalues } = randomQuadratics({ problems: 2, dimensions: 20, seed: 1 });
 * assertEquals(eigenvalues.map((row) => row.length), [20, 20]);
 * assert(eigenvalues.flat().every((value) => value >= 1e-6 && value <= 1));
 * ```
 */
export function randomQuadratics(
  options: {
    readonly problems: number;
    readonly dimensions: number;
    readonly seed: number;
  },
): Quadratics {
  const { problems, dimensions, seed } = options;
  const rows = (of: (problem: number) => () => number) =>
    Array.from({ length: problems }, (_, problem) => {
      const draw = of(problem);
      return Array.from({ length: dimensions }, draw);
    });
  return {
    eigenvalues: rows((problem) => {
      const random = stream(0, `spectrum/${problem}`);
      return () => 10 ** (-6 * random.next());
    }),
    start: rows((problem) => {
      const random = stream(seed, `start/${problem}`);
      return () => random.normal();
    }),
  };
}

/**
 * Descends quadratics by schedule-free SGD and watches the average `x`.
 *
 * The step may be one for all, or one a problem. A descent that leaves the
 * numbers keeps the least loss it had; its last loss and regret are infinite.
 *
 * Source: Defazio and others 2024, equations 3 to 5, by `scheduleFreeSequences`.
 * Differs: as in the authors' code, the average begins with the point after the
 * first step, not with the start; so the theorems hold of the steps after it.
 *
 * @param problems The quadratics.
 * @param options Share of the average in the point of the gradient, step size,
 * number of steps.
 * @returns Losses, regret and largest gradient of every problem.
 *
 * @example Usage
 * ```ts
 * import { descendQuadratics, useEngine } from "#lib/mod.ts";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * await useEngine("reference");
 * const problem = { eigenvalues: [[1]], start: [[1]] };
 * const { last } = descendQuadratics(problem, { beta: 0, gamma: 0.5, steps: 2 });
 * // z goes 1, 0.5, 0.25; the average of the last two is 0.375.
 * assertAlmostEquals(last[0]!, 0.375 ** 2 / 2, 1e-12);
 * ```
 */
export function descendQuadratics(
  problems: Quadratics,
  options: {
    readonly beta: number;
    readonly gamma: number | readonly number[];
    readonly steps: number;
  },
): Descent {
  const { beta, gamma, steps } = options;
  const count = problems.start.length;
  const shape = [count, problems.start[0]!.length] as const;
  const eigenvalues = tensorOf(problems.eigenvalues.flat(), shape);
  const scale = tensorOf(
    typeof gamma === "number" ? problems.start.map(() => gamma) : gamma,
    [count, 1],
  );
  const optimizer = scheduleFreeSequences({
    base: "sgd",
    learningRate: 1,
    beta1: beta,
  });
  let parameters: Readonly<Record<string, Tensor>> = {
    w: tensorOf(problems.start.flat(), shape),
  };
  let state = optimizer.init(parameters);
  const first = lossOf(parameters.w!, eigenvalues);
  const watch = watching(first);
  for (let step = 0; step < steps; step++) {
    const gradients = {
      w: tf.tidy(() => tf.mul(tf.mul(eigenvalues, parameters.w!), scale)),
    };
    ({ parameters, state } = optimizer.step(parameters, gradients, state));
    const points = {
      x: state.tensors["x/w"]!,
      y: parameters.w!,
      z: state.tensors["z/w"]!,
    };
    if (!watch.look(points, eigenvalues)) break;
  }
  tf.dispose([
    eigenvalues,
    scale,
    parameters.w!,
    ...Object.values(state.tensors),
  ]);
  return { first, ...watch.seen(steps) };
}

/** The three points of schedule-free descent. */
type Points = Readonly<Record<"x" | "y" | "z", Tensor>>;

/** Follows losses, regret and gradients. */
function watching(first: readonly number[]) {
  const least = [...first];
  let last = [...first];
  const regret = first.map(() => 0);
  const gradient = first.map(() => 0);
  return {
    /** Whether any problem is still within the numbers. */
    look(points: Points, eigenvalues: Tensor): boolean {
      last = lossOf(points.x, eigenvalues);
      const inner = sums(() => tf.mul(tf.mul(eigenvalues, points.y), points.z));
      const norms = sums(() => tf.square(tf.mul(eigenvalues, points.y)));
      last.forEach((loss, i) => {
        if (loss < least[i]!) least[i] = loss;
        regret[i]! += inner[i]!;
        gradient[i] = Math.max(gradient[i]!, Math.sqrt(norms[i]!));
      });
      return last.some(Number.isFinite);
    },
    seen: (steps: number) => ({
      least,
      last: last.map((loss) => Number.isFinite(loss) ? loss : Infinity),
      regret: regret.map((sum) =>
        Number.isFinite(sum) ? sum / steps : Infinity
      ),
      gradient,
    }),
  };
}

/** Loss of every problem. */
function lossOf(point: Tensor, eigenvalues: Tensor): number[] {
  const half = scalarOf(0.5);
  const losses = sums(() =>
    tf.mul(tf.mul(eigenvalues, tf.square(point)), half)
  );
  half.dispose();
  return losses;
}

/** Sums over the dimensions of every problem. */
function sums(of: () => Tensor): number[] {
  const sum = tf.tidy(() => tf.sum(of(), 1));
  const values = Array.from(read(sum));
  sum.dispose();
  return values;
}
