import { read, tensorOf, tf } from "../engine/tensor.ts";
import type { Parameters } from "../engine/tensor.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import type { Checkpoint } from "../store/run/checkpoint.ts";
import type { ArrayMap, WeightMap } from "../store/weights/weight_map.ts";
import type { TrainingState } from "./step.ts";

/** What a checkpoint's JSON holds beside the tensors. */
interface SavedState {
  /** The optimiser's plain numbers. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Texts encoded at a time, where memory did not suffice for as many as asked. */
  readonly chunk?: number;
}

/**
 * Writes a training state down as a checkpoint.
 *
 * Every random stream of a run is named after the seed and the step or epoch it
 * serves, so the step is the whole state of them all, and of the position in
 * the data. How many texts fitted into memory at a time is written down too, so
 * that a resumed run goes on in the same chunks, to the same bits.
 *
 * @param state Parameters and optimiser; they stay alive.
 * @param step Steps taken.
 * @returns The checkpoint.
 * @throws {RangeError} If a number is not finite: no run recovers from that, so
 * the checkpoint before stays the last one.
 */
export function checkpointOf(state: TrainingState, step: number): Checkpoint {
  const { parameters, optimizer, chunk } = state;
  const tensors = {
    parameters: arraysOf(parameters),
    optimizer: arraysOf(optimizer.tensors),
  };
  for (const arrays of Object.values(tensors)) checkFinite(arrays, step);
  return {
    step,
    tensors,
    state: {
      numbers: optimizer.numbers,
      ...(chunk && { chunk }),
    } satisfies SavedState,
  };
}

/** Refuses arrays that hold NaN or an infinite number. */
function checkFinite(arrays: ArrayMap, step: number): void {
  for (const [name, { values }] of Object.entries(arrays)) {
    for (let i = 0; i < values.length; i++) {
      if (Number.isFinite(values[i])) continue;
      throw new RangeError(
        `Cannot go on after step ${step}: expected finite numbers, got ${
          values[i]
        } in ${name}; use a lower --learning-rate or --clip 1`,
      );
    }
  }
}

/**
 * Takes a training state up from a checkpoint.
 *
 * @param checkpoint As {@linkcode checkpointOf} made it.
 * @param options Where it was read from, the parameters it must have, and the
 * optimiser it must fit.
 * @returns Tensors on the engine in use.
 * @throws {SyntaxError} If it is the checkpoint of another model or optimiser.
 */
export function stateOf(
  checkpoint: Checkpoint,
  options: {
    readonly where: string;
    readonly shapes: Readonly<Record<string, readonly number[]>>;
    readonly optimizer: Optimizer;
  },
): TrainingState {
  const { where, shapes, optimizer } = options;
  const { parameters = {}, optimizer: memory = {} } = checkpoint.tensors;
  checkShapes(parameters, shapes, [where, "parameter"]);
  const surplus = Object.keys(parameters).find((name) =>
    !Object.hasOwn(shapes, name)
  );
  if (surplus !== undefined) {
    throw new SyntaxError(
      `Cannot resume from ${where}: expected the parameters of the model, got ${surplus} too`,
    );
  }
  const taken = tensorsOf(parameters);
  const fresh = optimizer.init(taken);
  const wanted = Object.entries(fresh.tensors).map((
    [name, { shape }],
  ) => [name, shape]);
  tf.dispose({ ...fresh.tensors });
  checkShapes(memory, Object.fromEntries(wanted), [
    where,
    `${optimizer.name} state`,
  ]);
  const { numbers, chunk } = checkpoint.state as SavedState;
  return {
    parameters: taken,
    optimizer: { step: checkpoint.step, tensors: tensorsOf(memory), numbers },
    ...(chunk && { chunk }),
  };
}

/** Refuses arrays of which one is missing or of another shape. */
function checkShapes(
  arrays: ArrayMap,
  shapes: Readonly<Record<string, readonly number[]>>,
  [where, what]: readonly [string, string],
): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const got = arrays[name]?.shape;
    if (got?.join() === shape.join()) continue;
    throw new SyntaxError(
      `Cannot resume from ${where}: expected ${what} ${name} [${shape}], got ${
        got ? `[${got}]` : "none"
      }`,
    );
  }
}

/**
 * Reads tensors into plain memory, for a file.
 *
 * @param tensors By name; they stay alive.
 * @returns 32-bit numbers and shapes.
 */
export function weightsOf(tensors: Parameters): WeightMap {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, {
      shape: tensor.shape,
      values: Float32Array.from(read(tensor)),
    }]),
  );
}

function arraysOf(tensors: Parameters): ArrayMap {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, {
      shape: tensor.shape,
      values: read(tensor),
    }]),
  );
}

function tensorsOf(arrays: ArrayMap): Parameters {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, values }]) => [
      name,
      tensorOf(values, shape),
    ]),
  );
}
