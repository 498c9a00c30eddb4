/**
 * Tensors of libtorch made from numbers, and numbers read from them.
 *
 * @module
 */
import { type Address, bytesAt } from "../foreign.ts";
import type { TorchLibrary } from "./library.ts";
import { DEVICE, ELEMENT, type Handle, type Operators } from "./operators.ts";

/** The kinds of numbers that TensorFlow.js knows. */
export type Kind = "float32" | "int32" | "bool";

/** Numbers in memory. */
export type Numbers = Float32Array | Int32Array | Uint8Array;

/** Makes and reads tensors on the device that computes. */
export interface Tensors extends Operators {
  /** Whether a GPU computes. */
  readonly isCuda: boolean;
  /** A new tensor with arbitrary contents, row-major. */
  readonly empty: (shape: readonly number[], element?: number) => Handle;
  /** A new tensor filled with one number. */
  readonly full: (
    shape: readonly number[],
    value: number,
    element?: number,
  ) => Handle;
  /** A single number for arithmetic with a tensor of any kind. */
  readonly scalar: (value: number) => Handle;
  /** A copy of numbers on the device. */
  readonly fromHost: (
    values: Numbers,
    shape: readonly number[],
    element: number,
  ) => Handle;
  /** Bytes that stand somewhere in memory, used where they are. */
  readonly fromBytes: (address: Address, shape: readonly number[]) => Handle;
  /** A copy of the numbers of a tensor. */
  readonly toHost: (tensor: Handle, kind: Kind, size: number) => Numbers;
  /** The sum, with a factor on the second. */
  readonly add: (a: Handle, b: Handle, factor?: number) => Handle;
  /** The length of a tensor along one axis. */
  readonly lengthOf: (tensor: Handle, axis: number) => number;
  /** The kind of elements, libtorch's number. */
  readonly elementOf: (tensor: Handle) => number;
  /** The same tensor, or a copy of another kind of elements. */
  readonly as: (tensor: Handle, element: number) => Handle;
  /** The same tensor where it is row-major and without gaps, else a copy that is. */
  readonly packed: (tensor: Handle) => Handle;
  /** Rows of a tensor along one axis, not copied. */
  readonly cut: (
    tensor: Handle,
    axis: number,
    start: number,
    length: number,
  ) => Handle;
  /** Where the memory starts that a tensor is a view of, and its bytes. */
  readonly storageOf: (
    tensor: Handle,
  ) => { readonly start: Address; readonly bytes: number };
}

/** Bytes of a number in memory. */
const BYTES: Readonly<Record<number, number>> = {
  [ELEMENT.uint8]: 1,
  [ELEMENT.bool]: 1,
  [ELEMENT.bfloat16]: 2,
  [ELEMENT.int32]: 4,
  [ELEMENT.float32]: 4,
  [ELEMENT.int64]: 8,
  [ELEMENT.float64]: 8,
};

/** Kinds of numbers as libtorch's elements, as they are read. */
export const ELEMENT_OF: Readonly<Record<Kind, number>> = {
  float32: ELEMENT.float32,
  int32: ELEMENT.int32,
  bool: ELEMENT.bool,
};

/** Views of bytes by kind of number. */
const VIEW = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
} as const;

/** The product of the lengths. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Sizes and row-major steps as 64-bit numbers. */
function layoutOf(shape: readonly number[]) {
  const rank = Math.max(shape.length, 1);
  const sizes = new BigInt64Array(rank);
  const steps = new BigInt64Array(rank).fill(1n);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    sizes[axis] = BigInt(shape[axis]!);
    steps[axis] = BigInt(step);
    step *= Math.max(shape[axis]!, 1);
  }
  return { rank: BigInt(shape.length), sizes, steps };
}

/**
 * Prepares making and reading of tensors.
 *
 * @param library The opened libtorch.
 * @param operators Its operators.
 * @param options Whether a GPU computes.
 * @returns The functions, the operators' among them.
 */
export function tensorsOf(
  library: TorchLibrary,
  operators: Operators,
  { isCuda }: { readonly isCuda: boolean },
): Tensors {
  const { functions, gpu } = library;
  const { ask, call, change, make } = operators;
  const emptyOn = (
    device: number,
    shape: readonly number[],
    element: number,
  ): Handle => {
    const { rank, sizes, steps } = layoutOf(shape);
    return make(
      `empty [${shape}]`,
      (slot) =>
        functions.aoti_torch_empty_strided(
          rank,
          sizes,
          steps,
          element,
          device,
          0,
          slot,
        ),
    );
  };
  const device = isCuda ? DEVICE.cuda : DEVICE.cpu;
  const bytesOf = (tensor: Handle, length: number) =>
    bytesAt(
      ask("data", (slot) => functions.aoti_torch_get_data_ptr(tensor, slot)),
      length,
    );
  const elementOf = (tensor: Handle) =>
    Number(
      ask("element", (slot) => functions.aoti_torch_get_dtype(tensor, slot)),
    );
  const addition = isCuda ? gpu.add! : functions.aoti_torch_cpu_add_Tensor;
  const tensors: Tensors = {
    ...operators,
    isCuda,
    elementOf,
    lengthOf: (tensor, axis) =>
      Number(
        ask("length", (slot) =>
          functions.aoti_torch_get_size(tensor, axis, slot)),
      ),
    empty: (shape, element = ELEMENT.float32) =>
      emptyOn(device, shape, element),
    scalar: (value) =>
      make(
        "scalar",
        (slot) => functions.aoti_torch_scalar_to_tensor_float32(value, slot),
      ),
    full(shape, value, element = ELEMENT.float32) {
      const made = emptyOn(device, shape, element);
      change("aten::fill_.Tensor", made, tensors.scalar(value));
      return made;
    },
    fromHost(values, shape, element) {
      const size = sizeOf(shape);
      const host = emptyOn(DEVICE.cpu, shape, element);
      if (size > 0) {
        const bytes = new Uint8Array(bytesOf(host, size * BYTES[element]!));
        bytes.set(
          new Uint8Array(values.buffer, values.byteOffset, bytes.length),
        );
      }
      if (!isCuda) return host;
      const there = emptyOn(device, shape, element);
      change("aten::copy_", there, host, false);
      return there;
    },
    fromBytes(address, shape) {
      const { rank, sizes, steps } = layoutOf(shape);
      return make(
        "bytes",
        (slot) =>
          functions.aoti_torch_create_tensor_from_blob(
            address,
            rank,
            sizes,
            steps,
            0n,
            ELEMENT.uint8,
            DEVICE.cpu,
            0,
            slot,
          ),
      );
    },
    toHost(tensor, kind, size) {
      if (size === 0) return new VIEW[kind](0);
      const element = ELEMENT_OF[kind];
      let dense = tensors.packed(tensors.as(tensor, element));
      if (isCuda) {
        const host = emptyOn(DEVICE.cpu, [size], element);
        change("aten::copy_", host, call("aten::view", dense, [-1]), false);
        dense = host;
      }
      return new VIEW[kind](bytesOf(dense, size * BYTES[element]!).slice(0));
    },
    add: (a, b, factor = 1) =>
      make("add", (slot) => addition(a, b, factor, slot)),
    as: (tensor, element) =>
      elementOf(tensor) === element ? tensor : call(
        "aten::_to_copy",
        tensor,
        { some: { int: element } },
        null,
        null,
        null,
        false,
        null,
      ),
    packed: (tensor) => call("aten::contiguous", tensor, { int: 0 }),
    cut: (tensor, axis, start, length) =>
      call(
        "aten::slice.Tensor",
        tensor,
        { int: axis },
        { some: { int: start } },
        { some: { int: start + length } },
        { int: 1 },
      ),
    storageOf: (tensor) => storageOf(library, operators, tensor, elementOf),
  };
  return tensors;
}

/** The memory that a tensor looks at. */
function storageOf(
  { functions }: TorchLibrary,
  { ask }: Operators,
  tensor: Handle,
  elementOf: (tensor: Handle) => number,
): { readonly start: Address; readonly bytes: number } {
  const data = ask(
    "data",
    (slot) => functions.aoti_torch_get_data_ptr(tensor, slot),
  );
  const offset = ask(
    "offset",
    (slot) => functions.aoti_torch_get_storage_offset(tensor, slot),
  );
  const bytes = ask(
    "bytes",
    (slot) => functions.aoti_torch_get_storage_size(tensor, slot),
  );
  const width = offset === 0n ? 0n : BigInt(BYTES[elementOf(tensor)]!);
  return {
    start: data === 0n ? 0n : data - offset * width,
    bytes: Number(bytes),
  };
}
