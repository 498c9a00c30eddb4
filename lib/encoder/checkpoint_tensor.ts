import { ShapeError } from "../num/shape_error.ts";

/** One weight of a checkpoint: 32-bit numbers with a shape, row-major, in plain memory. */
export interface CheckpointTensor {
  /** Sizes, outermost first. */
  readonly shape: readonly number[];
  /** The numbers, `[product of shape]`. */
  readonly values: Float32Array;
}

/** Weights by name. */
export type CheckpointTensors = Readonly<Record<string, CheckpointTensor>>;

/** A checkpoint under our names. */
export interface ReadCheckpoint {
  /** Every parameter of the encoder below its head, by our names. */
  readonly weights: Record<string, CheckpointTensor>;
  /** Names of the checkpoint that nobody reads, sorted: worth a look, seldom an error. */
  readonly unused: string[];
}

/** A checkpoint of which the names that were read are remembered. */
export interface CheckpointReader {
  /**
   * Takes one tensor.
   *
   * @param names What it may be called; the first that is there is taken.
   * @param shape What it must have.
   */
  take(names: readonly string[], shape: readonly number[]): CheckpointTensor;
  /** Names that nobody took, sorted. */
  unused(): string[];
}

/**
 * Reads tensors of a checkpoint by name and shape, and remembers which.
 *
 * @param tensors The checkpoint.
 * @param what What it is, for messages.
 * @returns The reader; its `take` throws a ShapeError that names a tensor which is
 * missing or has another shape.
 *
 * @example Usage
 * ```ts
 * import { checkpointReader } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const tensor = { shape: [2], values: Float32Array.of(1, 2) };
 * const reader = checkpointReader({ gamma: tensor, extra: tensor }, "weights");
 * assertEquals(reader.take(["weight", "gamma"], [2]), tensor);
 * assertEquals(reader.unused(), ["extra"]);
 * ```
 */
export function checkpointReader(
  tensors: CheckpointTensors,
  what: string,
): CheckpointReader {
  const taken = new Set<string>();
  return {
    take: (names, shape) => {
      const name = names.find((candidate) => Object.hasOwn(tensors, candidate));
      const wanted = `tensor "${names.join('" or "')}" [${shape.join(", ")}]`;
      if (name === undefined) {
        throw new ShapeError(`read ${what}`, wanted, "none");
      }
      const tensor = tensors[name]!;
      const size = shape.reduce((product, n) => product * n, 1);
      if (`${tensor.shape}` !== `${shape}` || tensor.values.length !== size) {
        const got = `"${name}" [${
          tensor.shape.join(", ")
        }] of ${tensor.values.length} numbers`;
        throw new ShapeError(`read ${what}`, wanted, got);
      }
      taken.add(name);
      return tensor;
    },
    unused: () =>
      Object.keys(tensors).filter((name) => !taken.has(name)).sort(),
  };
}

/**
 * Swaps the two axes of a matrix.
 *
 * @param matrix `[rows, columns]`, or with axes of length 1 before them.
 * @returns `[columns, rows]`, a copy.
 *
 * @example Usage
 * ```ts
 * import { transposed } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const matrix = { shape: [1, 2], values: Float32Array.of(1, 2) };
 * assertEquals(transposed(matrix).shape, [2, 1]);
 * ```
 */
export function transposed(
  { shape, values }: CheckpointTensor,
): CheckpointTensor {
  const [rows, columns] = shape.slice(-2) as [number, number];
  const swapped = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      swapped[column * rows + row] = values[row * columns + column]!;
    }
  }
  return { shape: [columns, rows], values: swapped };
}
