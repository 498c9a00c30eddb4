/** One place where an engine is known not to agree with `reference`, and why. */
export interface KnownDifference {
  /** An engine, or `cpu`, TensorFlow.js's own plain backend. */
  readonly engine: "torch" | "onnx" | "tensorflow" | "wasm" | "webgpu" | "cpu";
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
    engine: "torch",
    case: "pow of [5] and []",
    reason:
      "a sum of terms of both signs, each of libtorch's vectorised pow and log off by a unit in the last place: 1.2e-6 of the sum",
  },
  {
    engine: "torch",
    case: "NaN through attention stays in its text",
    reason:
      "in texts shorter than a vector register, 16 numbers, libtorch's flash kernel gives 0 for a query of NaN whose keys are finite; where a token's whole state is NaN, its key is, and everybody sees it",
  },
  {
    engine: "torch",
    case: "layerNorm of a constant row",
    reason:
      "libtorch's gradient of the gain takes x / deviation - mean / deviation, 5000 - 5000 in a constant row: 1e-4",
  },
  {
    engine: "tensorflow",
    case: "logSumExp of [70,65] over all",
    reason:
      "the gradient of the largest number is a difference of two sums of 4,550 numbers in 32 bits: 2.1e-4",
  },
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
  {
    engine: "webgpu",
    case: "atan2 of [5] and []",
    reason: "WGSL lets atan2 be 4096 units in the last place off; Mesa's is 12",
  },
  {
    engine: "webgpu",
    case: "pow of [5] and []",
    reason:
      "WGSL's pow is exp2(y log2 x), and its errors are multiplied by y: 6e-6 of the gradient",
  },
];
