/**
 * Tensors of libtorch made from numbers, and numbers read from them.
 *
 * @module
 */
import { sizeOf } from "../reference/shape_walk.ts";
import { type Address, bytesAt, type LibraryFunction } from "../foreign.ts";
import { type StoredNumbers, VIEW } from "../stored_numbers.ts";
import type { HostType } from "../reference/host_kernel.ts";
import { BYTES, ELEMENT_OF, layoutOf } from "./elements.ts";
import type { InOrder } from "./in_order.ts";
import type { TorchLibrary } from "./library.ts";
import { DEVICE, ELEMENT, type Handle, type Operators } from "./operators.ts";

/** Makes and reads tensors on the device that computes. */
export interface Tensors extends Operators {
  /** Whether a GPU computes. */
  readonly isCuda: boolean;
  /** Computes with sums that are added in one order, where libtorch leaves it open. */
  readonly inOrder: InOrder;
  /** How many threads of the processor compute. */
  readonly threads: number;
  /** A new tensor with arbitrary contents, row-major. */
  readonly empty: (shape: readonly number[], element?: number) => Handle;
  /** A new tensor filled with one number. */
  readonly full: (
    shape: readonly number[],
    value: number,
    element?: number,
  ) => Handle;
  /** A single number for arithmetic with a tensor of any kind; the processor's. */
  readonly scalar: (value: number) => Handle;
  /** The same for arithmetic with whole numbers of 64 bits. */
  readonly whole: (value: number) => Handle;
  /** A copy of numbers on the device. */
  readonly fromHost: (
    values: StoredNumbers,
    shape: readonly number[],
    element: number,
  ) => Handle;
  /** Bytes that stand somewhere in memory, used where they are. */
  readonly fromBytes: EmptyOn<Address>;
  /** The first bytes of a tensor on the processor, not copied. */
  readonly memory: (tensor: Handle, bytes: number) => ArrayBuffer;
  /** A copy of the numbers of a tensor. */
  readonly toHost: (
    tensor: Handle,
    kind: HostType,
    size: number,
  ) => StoredNumbers;
  /** The sum, with a factor on the second. */
  readonly add: (a: Handle, b: Handle, factor?: number) => Handle;
  /** Adds a matrix product to a matrix, in place; on the processor only. */
  readonly addProduct: (sum: Handle, a: Handle, b: Handle) => void;
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

/** Makes a row-major tensor with arbitrary contents somewhere: on a device, at an address. */
type EmptyOn<Place = number> = (
  place: Place,
  shape: readonly number[],
  element: number,
) => Handle;

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
  const { functions } = library;
  const emptyOn: EmptyOn = (device, shape, element) => {
    const { rank, sizes, steps } = layoutOf(shape);
    return operators.make(
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
  const parts = [library, operators, { isCuda, emptyOn }] as const;
  const views = viewsOf(...parts);
  return {
    ...operators,
    ...views,
    ...makersOf(...parts),
    isCuda,
    inOrder: library.inOrder,
    threads: Number(
      operators.ask("threads", (slot) => functions.torch_get_num_threads(slot)),
    ),
    memory: (tensor, bytes) => bytesOf(library, operators, [tensor, bytes]),
    toHost: readerOf(views, ...parts),
  };
}

/** What parts of the functions share. */
type Parts = readonly [
  TorchLibrary,
  Operators,
  { readonly isCuda: boolean; readonly emptyOn: EmptyOn },
];

/** The bytes of a tensor in the processor's memory. */
function bytesOf(
  { functions }: TorchLibrary,
  { ask }: Operators,
  [tensor, length]: readonly [Handle, number],
): ArrayBuffer {
  const address = ask(
    "data",
    (slot) => functions.aoti_torch_get_data_ptr(tensor, slot),
  );
  return bytesAt(address, length);
}

/** What makes tensors of numbers. */
function makersOf(...[library, operators, { isCuda, emptyOn }]: Parts) {
  const { functions } = library;
  const { make, change } = operators;
  const device = isCuda ? DEVICE.cuda : DEVICE.cpu;
  const single = (fill: LibraryFunction) => (value: number) =>
    make("scalar", (slot) => fill(value, slot));
  const scalar = single(functions.aoti_torch_scalar_to_tensor_float32);
  const whole = single(functions.aoti_torch_scalar_to_tensor_int64);
  const full: Tensors["full"] = (shape, value, element = ELEMENT.float32) => {
    const made = emptyOn(device, shape, element);
    change("aten::fill_.Tensor", made, scalar(value));
    return made;
  };
  const fromHost: Tensors["fromHost"] = (values, shape, element) => {
    const host = emptyOn(DEVICE.cpu, shape, element);
    const length = sizeOf(shape) * BYTES[element]!;
    const given = new Uint8Array(values.buffer, values.byteOffset, length);
    if (length > 0) {
      new Uint8Array(bytesOf(library, operators, [host, length])).set(given);
    }
    if (!isCuda) return host;
    const there = emptyOn(device, shape, element);
    // CUDA has staged ordinary memory when the call returns: nothing has to be waited for.
    change("aten::copy_", there, host, true);
    return there;
  };
  const fromBytes: Tensors["fromBytes"] = (address, shape, element) => {
    const { rank, sizes, steps } = layoutOf(shape);
    return make("bytes", (slot) =>
      functions.aoti_torch_create_tensor_from_blob(
        address,
        rank,
        sizes,
        steps,
        0n,
        element,
        DEVICE.cpu,
        0,
        slot,
      ));
  };
  const empty: Tensors["empty"] = (shape, element = ELEMENT.float32) =>
    emptyOn(device, shape, element);
  return { scalar, whole, full, fromHost, fromBytes, empty };
}

/** What looks at tensors in another way, and adds them. */
function viewsOf(...[library, operators, { isCuda }]: Parts) {
  const { functions, gpu } = library;
  const { ask, call, make } = operators;
  const addition = isCuda ? gpu.add! : functions.aoti_torch_cpu_add_Tensor;
  const elementOf: Tensors["elementOf"] = (tensor) =>
    Number(
      ask("element", (slot) => functions.aoti_torch_get_dtype(tensor, slot)),
    );
  const isPacked = (tensor: Handle) =>
    ask("order", (slot) => functions.aoti_torch_is_contiguous(tensor, slot)) !==
      0n;
  const lengthOf: Tensors["lengthOf"] = (tensor, axis) =>
    Number(
      ask(
        "length",
        (slot) => functions.aoti_torch_get_size(tensor, axis, slot),
      ),
    );
  const as: Tensors["as"] = (tensor, element) => {
    if (elementOf(tensor) === element) return tensor;
    const kind = { some: { int: element } };
    return call(
      "aten::_to_copy",
      tensor,
      kind,
      null,
      null,
      null,
      false,
      null,
    );
  };
  const cut: Tensors["cut"] = (tensor, axis, start, length) =>
    call(
      "aten::slice.Tensor",
      tensor,
      { int: axis },
      { some: { int: start } },
      { some: { int: start + length } },
      { int: 1 },
    );
  return {
    elementOf,
    lengthOf,
    as,
    cut,
    add: (a: Handle, b: Handle, factor = 1) =>
      make("add", (slot) => addition(a, b, factor, slot)),
    addProduct: (sum: Handle, a: Handle, b: Handle) =>
      void ask(
        "addmm",
        () => functions.aoti_torch_cpu_addmm_out(sum, sum, a, b, 1, 1),
      ),
    packed: (tensor: Handle) =>
      isPacked(tensor) ? tensor : call("aten::contiguous", tensor, { int: 0 }),
    storageOf: (tensor: Handle) =>
      storageOf(library, operators, [tensor, elementOf]),
  };
}

/** What reads tensors. */
function readerOf(
  { as, packed }: Pick<Tensors, "as" | "packed">,
  ...[library, operators, { isCuda, emptyOn }]: Parts
): Tensors["toHost"] {
  const { call, change } = operators;
  return (tensor, kind, size) => {
    if (size === 0) return new VIEW[kind](0);
    const element = ELEMENT_OF[kind];
    let dense = packed(as(tensor, element));
    if (isCuda) {
      const host = emptyOn(DEVICE.cpu, [size], element);
      change("aten::copy_", host, call("aten::view", dense, [-1]), false);
      dense = host;
    }
    const length = size * BYTES[element]!;
    return new VIEW[kind](
      bytesOf(library, operators, [dense, length]).slice(0),
    );
  };
}

/** The memory that a tensor looks at. */
function storageOf(
  { functions }: TorchLibrary,
  { ask }: Operators,
  [tensor, elementOf]: readonly [Handle, Tensors["elementOf"]],
): { readonly start: Address; readonly bytes: number } {
  const asked = (what: string, fill: LibraryFunction) =>
    ask(what, (slot) => fill(tensor, slot));
  const data = asked("data", functions.aoti_torch_get_data_ptr);
  const offset = asked("offset", functions.aoti_torch_get_storage_offset);
  const bytes = asked("bytes", functions.aoti_torch_get_storage_size);
  const width = offset === 0n ? 0n : BigInt(BYTES[elementOf(tensor)]!);
  return {
    start: data === 0n ? 0n : data - offset * width,
    bytes: Number(bytes),
  };
}
