/** Numbers with a shape, row-major, in plain memory: not a tensor. */
export interface StoredArray {
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** The numbers, `[product of shape]`. */
  readonly values: Float32Array | Float64Array;
}

/** A 32-bit weight as files hold it. */
export interface Weight extends StoredArray {
  /** The numbers, `[product of shape]`. */
  readonly values: Float32Array;
}

/** The weights of a model by name, in plain memory. */
export type WeightMap = Readonly<Record<string, Weight>>;

/** Named arrays of either width: parameters, or an optimiser's memory. */
export type ArrayMap = Readonly<Record<string, StoredArray>>;
