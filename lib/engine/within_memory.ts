/**
 * Going on with less at a time when memory runs out.
 *
 * @module
 */
import { tf } from "./tensor.ts";

/** How engines, and what is below them, say that there was no memory. */
const SIGNS = [
  /out of memory/i, // libtorch on CUDA, graphics drivers
  /can(?:'|no)t allocate memory|failed to allocate memory/i, // libtorch and ONNX Runtime on processors
  /not enough memory/i, // libtorch on Windows
  /\bOOM\b|RESOURCE_EXHAUSTED/, // TensorFlow, Emscripten
  /bad[ _]alloc/i, // the C++ library
  /ALLOC_FAILED/, // cuBLAS, cuDNN
  /array buffer allocation failed|invalid (?:typed array|array buffer) length/i, // V8
  /expected \d+ bytes of memory, got/, // ours, where there is nobody to say it
];

/**
 * Whether an error says that memory ran out, in the words of any engine.
 *
 * A libtorch before 2.13 keeps its words to itself: there it is not known.
 *
 * @param error What was thrown.
 * @returns True where less at a time may help.
 */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error &&
    SIGNS.some((sign) => sign.test(error.message));
}

/** What is computed within memory. */
export interface WithinMemoryOptions<Result> {
  /** Computes with at most so many at a time. */
  readonly compute: (chunk: number) => Result;
  /** What there are so many of, such as `texts`. */
  readonly units: string;
  /** What people can do where memory does not suffice for one. */
  readonly advice: string;
  /** Given a line for people at every halving. */
  readonly say?: ((line: string) => void) | undefined;
}

/**
 * Computes with as many at a time as memory allows: when it runs out, all that
 * was allocated is freed and half as many are tried, down to one.
 *
 * @param work What is done, for people: `encode documents`.
 * @param most How many at a time at first, at least 1.
 * @param options What is computed, what to say.
 * @returns The result, and how many at a time it took.
 * @throws {RangeError} If memory does not suffice for one at a time; any other
 * error of `compute` as it is.
 */
export function withinMemory<Result>(
  work: string,
  most: number,
  { compute, units, advice, say }: WithinMemoryOptions<Result>,
): { readonly result: Result; readonly chunk: number } {
  for (let chunk = most;;) {
    try {
      const result = tf.tidy(() => compute(chunk) as tf.TensorContainer);
      return { result: result as Result, chunk };
    } catch (error) {
      if (!isOutOfMemory(error)) throw error;
      const { message } = error as Error;
      if (chunk <= 1) {
        throw new RangeError(
          `Cannot ${work}: expected memory for one at a time, got: ${message}; ${advice}`,
          { cause: error },
        );
      }
      const half = Math.ceil(chunk / 2);
      say?.(
        `Out of memory with ${chunk} ${units} at a time: goes on with ${half}`,
      );
      chunk = half;
    }
  }
}
