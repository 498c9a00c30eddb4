/**
 * Tensors of TensorFlow made from numbers, and numbers read from them.
 *
 * @module
 */
import { type StoredNumbers, VIEW } from "../stored_numbers.ts";
import type { HostType } from "../reference/host_kernel.ts";
import { sizeOf } from "../reference/shape_walk.ts";
import {
  type Allocation,
  BYTES,
  ELEMENT,
  type Handle,
  type Operators,
} from "./operators.ts";

/** Kinds of numbers as TensorFlow's elements. */
export const ELEMENT_OF: Readonly<Record<HostType, number>> = {
  float32: ELEMENT.float32,
  int32: ELEMENT.int32,
  bool: ELEMENT.bool,
};

/** Makes and reads tensors on the device that computes. */
export interface Tensors extends Operators {
  /** The GPU that computes, by TensorFlow's name for it; absent for the processor. */
  readonly gpu: string | undefined;
  /** A copy of numbers on the device. */
  readonly fromHost: (
    values: StoredNumbers,
    shape: readonly number[],
    element: number,
  ) => Handle;
  /** Memory filled by somebody, as a tensor on the device. */
  readonly fromMemory: (allocation: Allocation, element: number) => Handle;
  /** A copy of the numbers of a tensor. */
  readonly toHost: (
    tensor: Handle,
    kind: HostType,
    size: number,
  ) => StoredNumbers;
  /** Whole numbers as a tensor: axes, shapes. They are kept, so it costs nothing again. */
  readonly whole: (numbers: number | readonly number[]) => Handle;
  /** A single 32-bit float; kept like whole numbers. */
  readonly scalar: (value: number) => Handle;
  /** The same tensor, or a copy of another kind of elements. */
  readonly as: (tensor: Handle, element: number) => Handle;
  /** The same numbers under another shape, not copied. */
  readonly reshaped: (tensor: Handle, shape: readonly number[]) => Handle;
  /** How many such tensors are kept. */
  readonly kept: () => number;
}

/** Most tensors of a few numbers that are kept; the oldest go first. */
const MOST_KEPT = 1024;

/**
 * Prepares making and reading of tensors.
 *
 * Floats go to the GPU where there is one; whole numbers and flags stay with the
 * processor, where TensorFlow wants axes, shapes and most row numbers.
 *
 * @param operators TensorFlow's operations.
 * @param gpu The GPU's name, absent for the processor.
 * @returns The functions, the operations among them.
 */
export function tensorsOf(
  operators: Operators,
  gpu: string | undefined,
): Tensors {
  const { call, give, moved } = operators;
  const fromMemory = (allocation: Allocation, element: number): Handle => {
    const host = give(allocation);
    const isMoved = gpu !== undefined && element === ELEMENT.float32;
    return isMoved ? moved(host, gpu) : host;
  };
  const fromHost: Tensors["fromHost"] = (values, shape, element) =>
    fromMemory(filled(operators, values, shape, element), element);
  const keeper = keeperOf(operators);
  const whole: Tensors["whole"] = (numbers) => {
    const isOne = typeof numbers === "number";
    const shape = isOne ? [] : [numbers.length];
    return keeper.kept(
      isOne ? `${numbers}` : `[${numbers}]`,
      () => {
        const values = Int32Array.from(isOne ? [numbers] : numbers);
        return fromHost(values, shape, ELEMENT.int32);
      },
    );
  };
  return {
    ...operators,
    gpu,
    fromHost,
    fromMemory,
    whole,
    kept: keeper.count,
    toHost(tensor, kind, size) {
      if (size === 0) return new VIEW[kind](0);
      const seen = operators.look(tensor, size * BYTES[ELEMENT_OF[kind]]!);
      const copy = new VIEW[kind](seen.bytes.slice(0));
      operators.drop(seen);
      return copy;
    },
    scalar: (value) =>
      keeper.kept(
        `float ${Object.is(value, -0) ? "-0" : value}`,
        () => fromHost(Float32Array.of(value), [], ELEMENT.float32),
      ),
    as: (tensor, element) =>
      operators.elementOf(tensor) === element
        ? tensor
        : call("Cast", [tensor], { DstT: { type: element } }),
    reshaped: (tensor, shape) => call("Reshape", [tensor, whole(shape)]),
  };
}

/** Memory of TensorFlow with numbers copied into it. */
function filled(
  { allocate }: Operators,
  values: StoredNumbers,
  shape: readonly number[],
  element: number,
): Allocation {
  const allocation = allocate(shape, element);
  const length = sizeOf(shape) * BYTES[element]!;
  const given = new Uint8Array(values.buffer, values.byteOffset, length);
  new Uint8Array(allocation.bytes).set(given);
  return allocation;
}

/** Keeps tensors of a few numbers, because the same axes, shapes and factors come every step. */
function keeperOf({ take, join }: Operators) {
  const known = new Map<string, Handle>();
  const kept = (key: string, make: () => Handle): Handle => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const made = take(make());
    known.set(key, made);
    for (const [old, handle] of known) {
      if (known.size <= MOST_KEPT) break;
      // Somebody may be using it just now: it goes with the present scope.
      join(handle);
      known.delete(old);
    }
    return made;
  };
  return { kept, count: () => known.size };
}
