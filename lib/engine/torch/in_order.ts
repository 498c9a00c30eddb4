/**
 * Sums that are added in one order.
 *
 * Some of CUDA's kernels add parts as they come, and give other bits every time, unless
 * PyTorch's switch for deterministic algorithms is on. While it is on, others refuse to
 * run at all: so it is on for single calls.
 *
 * @module
 */
import { openLibrary } from "../foreign.ts";

/** Computes with sums that are added in one order. */
export type InOrder = <Result>(compute: () => Result) => Result;

/** The switch is no part of the C interface, but exported under these names since 1.8. */
const SWITCH = {
  _ZN2at13globalContextEv: { parameters: [], result: "u64", optional: true },
  _ZN2at7Context26setDeterministicAlgorithmsEbb: {
    parameters: ["u64", "bool", "bool"],
    result: "void",
    optional: true,
  },
  _ZN2at7Context39setDeterministicFillUninitializedMemoryEb: {
    parameters: ["u64", "bool"],
    result: "void",
    optional: true,
  },
} as const;

/**
 * Prepares the switch.
 *
 * @param library libtorch's file.
 * @returns Computes with it on; a libtorch without it computes as ever.
 */
export function inOrderBy(library: string): InOrder {
  const {
    _ZN2at13globalContextEv: context,
    _ZN2at7Context26setDeterministicAlgorithmsEbb: choose,
    _ZN2at7Context39setDeterministicFillUninitializedMemoryEb: fill,
  } = openLibrary(library, SWITCH);
  if (!context || !choose) return (compute) => compute();
  const global = context();
  // With it on, new tensors would be filled with NaN first.
  fill?.(global, false);
  return (compute) => {
    choose(global, true, false);
    try {
      return compute();
    } finally {
      choose(global, false, false);
    }
  };
}
