/** One place where an engine is known not to agree with `reference`, and why. */
export interface KnownDifference {
  /** An engine, or `cpu`, TensorFlow.js's own plain backend. */
  readonly engine: "torch" | "onnx" | "wasm" | "cpu";
  /** The case's name. */
  readonly case: string;
  readonly reason: string;
}

/**
 * Everything that is known to differ. An entry that no longer differs fails the
 * suite, so that the list stays true.
 */
export const knownDifferences: readonly KnownDifference[] = [
  {
    engine: "wasm",
    case: "NaN through maximum, minimum, relu and clipByValue",
    reason: "the package's ClipByValue turns NaN into the lower bound",
  },
  {
    engine: "wasm",
    case: "logSumExp of [70,65] over all",
    reason:
      "the package sums 4,550 numbers one after another in 32 bits, and the gradient of the largest is a difference of two such sums",
  },
];
