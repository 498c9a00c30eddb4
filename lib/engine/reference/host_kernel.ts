/** Numbers of a host array: floats are 64-bit on `reference`, 32-bit elsewhere. */
export type HostNumbers =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint8Array;

/** What the numbers stand for; stored as floats, `Int32Array` and `Uint8Array`. */
export type HostType = "float32" | "int32" | "bool";

/** A tensor as plain memory, row-major and without gaps. */
export interface HostArray {
  /** The numbers, as many as the shape asks for. */
  readonly values: HostNumbers;
  /** Sizes, outermost first. */
  readonly shape: readonly number[];
  /** What the numbers stand for. */
  readonly dtype: HostType;
}

/**
 * Makes an output array in the engine's own memory. Its contents are undefined:
 * a kernel writes every element.
 */
export type Allocate = (
  shape: readonly number[],
  dtype: HostType,
) => HostArray;

/** Everything a host kernel is given. */
export interface HostCall {
  /** Inputs by TensorFlow.js's names; lists (Concat, Pack, AddN) by `0`, `1` and so on. */
  readonly inputs: Readonly<Record<string, HostArray>>;
  /** Settings by TensorFlow.js's names. */
  readonly attrs: Readonly<Record<string, unknown>>;
  /** Makes outputs. */
  readonly allocate: Allocate;
}

/**
 * A kernel in plain TypeScript over plain memory.
 *
 * It reads inputs in whatever float width they come, computes in 64 bits, and
 * writes to arrays made by `allocate`, so that one table serves `reference`
 * (64-bit memory) and any engine that needs a fallback over its own 32-bit memory:
 *
 *     const outputs = hostKernels[name]!({ inputs, attrs, allocate });
 *
 * A kernel allocates only what it returns, and never changes or returns an input.
 * What merely renames memory (Identity, Reshape, ExpandDims) is therefore not in the
 * table: an engine shares the storage. Views over growable memory must be made by
 * `allocate` in such a way that they stay valid until the call returns.
 */
export type HostKernel = (call: HostCall) => HostArray | readonly HostArray[];

/** Kernels by TensorFlow.js's kernel name. */
export type HostKernels = Readonly<Record<string, HostKernel>>;
