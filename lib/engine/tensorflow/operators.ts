/**
 * Calls of TensorFlow's operations, one by one ("eager"), through its C interface.
 *
 * Tensors are owned references ("handles"). What a call makes belongs to the
 * scope it was made in and is freed with it, unless somebody takes it over.
 *
 * @module
 */
import { type Address, bytesAt, textAt } from "../foreign.ts";
import type { TensorFlowLibrary } from "./library.ts";
import { scopesOf } from "./scopes.ts";

/** A reference to a tensor of TensorFlow that somebody owns. */
export type Handle = bigint;

/** A setting of an operation. */
export type Attribute =
  | boolean
  | { readonly int: number }
  | { readonly float: number }
  | { readonly type: number };

/** Settings by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** One input: a tensor, or as many as an operation takes for a list. */
export type Input = Handle | readonly Handle[];

/** TensorFlow's numbers of the kinds of elements that we use. */
export const ELEMENT = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  int64: 9,
  bool: 10,
} as const;

/** Bytes of a number in memory. */
export const BYTES: Readonly<Record<number, number>> = {
  [ELEMENT.float32]: 4,
  [ELEMENT.float64]: 8,
  [ELEMENT.int32]: 4,
  [ELEMENT.uint8]: 1,
  [ELEMENT.int64]: 8,
  [ELEMENT.bool]: 1,
};

/** Memory for a tensor that is not one yet. */
export interface Allocation {
  /** TensorFlow's own number for it. */
  readonly tensor: Address;
  /** The memory itself, valid until it is freed or, made a tensor, as long as that. */
  readonly bytes: ArrayBuffer;
}

/** The calls. */
export interface Operators {
  /** Calls an operation, such as `MatMul`, with one result. */
  readonly call: (
    operation: string,
    inputs: readonly Input[],
    attributes?: Attributes,
  ) => Handle;
  /** Calls an operation with several results. */
  readonly callMany: (
    operation: string,
    inputs: readonly Input[],
    attributes: Attributes,
    outputs: number,
  ) => Handle[];
  /** Memory for a tensor; whoever asks makes it one or frees it. */
  readonly allocate: (shape: readonly number[], element: number) => Allocation;
  /** Makes memory a tensor, without a copy. */
  readonly give: (allocation: Allocation) => Handle;
  /** Looks at a tensor's memory: TensorFlow's own on the processor, a copy of a GPU's. */
  readonly look: (tensor: Handle, bytes: number) => Allocation;
  /** Ends an allocation that is no tensor, or a look. */
  readonly drop: (allocation: Allocation) => void;
  /** A tensor on another device. */
  readonly moved: (tensor: Handle, device: string) => Handle;
  /** Another reference to the same memory. */
  readonly again: (tensor: Handle) => Handle;
  /** The kind of elements, TensorFlow's number. */
  readonly elementOf: (tensor: Handle) => number;
  /**
   * Takes a handle out of its scope, or a new reference where it belongs to
   * somebody else: whoever does must free it.
   */
  readonly take: (tensor: Handle) => Handle;
  /** Puts a handle that was taken into the innermost scope. */
  readonly join: (tensor: Handle) => void;
  /** Frees a handle, scoped or taken. */
  readonly free: (tensor: Handle) => void;
  /** Frees everything that was made inside and not taken. */
  readonly scoped: <Result>(compute: () => Result) => Result;
  /** How many handles there are. */
  readonly handles: () => number;
  /** The names of all devices. */
  readonly devices: () => string[];
}

/** Most results of an operation at once. */
const MOST = 65_536;

/**
 * The settings of a context: threads, memory of a GPU only as it is needed, and
 * the processor for what a GPU cannot do. `ConfigProto` of TensorFlow's
 * `config.proto`: 2 threads inside an operation, 6.4 growth, 7 soft placement.
 *
 * @param threads How many; absent for one a core.
 * @returns The message's bytes.
 */
export function contextSettings(threads?: number): Uint8Array {
  const number = threads === undefined ? [] : [0x10, ...varint(threads)];
  return Uint8Array.of(...number, 0x32, 2, 0x20, 1, 0x38, 1);
}

/** A whole number in the form of protocol buffers. */
function varint(value: number): number[] {
  return value < 0x80
    ? [value]
    : [0x80 | (value & 0x7f), ...varint(value >>> 7)];
}

/**
 * Prepares calls.
 *
 * @param library The opened TensorFlow.
 * @param options How many threads an operation may use.
 * @returns The calls.
 */
export function operatorsOf(
  { functions: f }: TensorFlowLibrary,
  { threads }: { readonly threads?: number | undefined } = {},
): Operators {
  const status = f.TF_NewStatus();
  const check = (what: string) => {
    if (f.TF_GetCode(status) !== 0) {
      const [line] = textAt(f.TF_Message(status) as Address).split("\n");
      throw new RangeError(
        `Cannot compute ${what} with TensorFlow: expected no error, got ${line}`,
      );
    }
  };
  const context = newContext(f, status, threads);
  check("anything");
  const scope = scopesOf((tensor) => {
    f.TFE_DeleteTensorHandle(tensor);
  });
  const made = (what: string, handle: number | bigint): Handle => {
    check(what);
    return scope.note(handle as bigint);
  };
  const results = new BigUint64Array(new ArrayBuffer(8 * MOST));
  const count = new Int32Array(new ArrayBuffer(64));

  const add = (op: bigint, what: string, input: Input) => {
    if (typeof input === "bigint") f.TFE_OpAddInput(op, input, status);
    else {
      const list = BigUint64Array.from(input);
      f.TFE_OpAddInputList(op, list, input.length, status);
    }
    check(`${what}'s input`);
  };
  const set = (op: bigint, name: string, value: Attribute) => {
    const key = nameOf(name);
    if (typeof value === "boolean") f.TFE_OpSetAttrBool(op, key, value);
    else if ("int" in value) f.TFE_OpSetAttrInt(op, key, BigInt(value.int));
    else if ("float" in value) f.TFE_OpSetAttrFloat(op, key, value.float);
    else f.TFE_OpSetAttrType(op, key, value.type);
  };
  const perform = (
    what: string,
    inputs: readonly Input[],
    attributes: Attributes,
    outputs: number,
  ) => {
    const op = f.TFE_NewOp(context, nameOf(what), status) as bigint;
    check(what);
    try {
      for (const input of inputs) add(op, what, input);
      for (const name in attributes) set(op, name, attributes[name]!);
      count[0] = outputs;
      f.TFE_Execute(op, results, count, status);
      check(what);
    } finally {
      f.TFE_DeleteOp(op);
    }
  };
  const resolved = (tensor: Handle) => {
    const found = f.TFE_TensorHandleResolve(tensor, status);
    check("a tensor's memory");
    return found as Address;
  };
  const again = (tensor: Handle) =>
    made(
      "another reference",
      f.TFE_TensorHandleCopySharingTensor(tensor, status),
    );
  const bytesOf = (tensor: Address, bytes: number): Allocation => ({
    tensor,
    bytes: bytesAt(f.TF_TensorData(tensor) as Address, bytes),
  });
  return {
    call(operation, inputs, attributes = {}) {
      perform(operation, inputs, attributes, 1);
      return scope.note(results[0]!);
    },
    callMany(operation, inputs, attributes, outputs) {
      perform(operation, inputs, attributes, outputs);
      return Array.from(results.subarray(0, outputs), scope.note);
    },
    allocate(shape, element) {
      const size = shape.reduce((product, length) => product * length, 1);
      const lengths = BigInt64Array.from(
        shape.length > 0 ? shape : [1],
        BigInt as (length: number) => bigint,
      );
      const bytes = size * BYTES[element]!;
      const tensor = f.TF_AllocateTensor(
        element,
        lengths,
        shape.length,
        BigInt(bytes),
      ) as Address;
      if (tensor === 0n) throw outOfMemory(bytes);
      return bytesOf(tensor, bytes);
    },
    give({ tensor }) {
      const handle = f.TFE_NewTensorHandle(tensor, status);
      f.TF_DeleteTensor(tensor);
      return made("a tensor", handle);
    },
    look: (tensor, bytes) => bytesOf(resolved(tensor), bytes),
    drop: ({ tensor }) => {
      f.TF_DeleteTensor(tensor);
    },
    moved: (tensor, device) =>
      made(
        `a copy to ${device}`,
        f.TFE_TensorHandleCopyToDevice(tensor, context, nameOf(device), status),
      ),
    again,
    elementOf: (tensor) => Number(f.TFE_TensorHandleDataType(tensor)),
    take(tensor) {
      if (scope.leave(tensor)) return tensor;
      const other = again(tensor);
      scope.leave(other);
      return other;
    },
    join: scope.join,
    free: scope.free,
    scoped: scope.scoped,
    handles: scope.count,
    devices: () => devicesOf(f, context, status),
  };
}

/** The error of an allocation that the system refused. */
function outOfMemory(bytes: number): Error {
  return new RangeError(
    `Cannot make a tensor with TensorFlow: expected ${bytes} bytes of memory, got none`,
  );
}

/** Starts what operations run in. */
function newContext(
  f: TensorFlowLibrary["functions"],
  status: number | bigint,
  threads: number | undefined,
): bigint {
  const settings = contextSettings(threads);
  const options = f.TFE_NewContextOptions();
  const length = BigInt(settings.length);
  f.TFE_ContextOptionsSetConfig(options, settings, length, status);
  const context = f.TFE_NewContext(options, status);
  f.TFE_DeleteContextOptions(options);
  return context as bigint;
}

/** The names of a context's devices. */
function devicesOf(
  f: TensorFlowLibrary["functions"],
  context: bigint,
  status: number | bigint,
): string[] {
  const list = f.TFE_ContextListDevices(context, status);
  const names = Array.from(
    { length: Number(f.TF_DeviceListCount(list)) },
    (_, i) => textAt(f.TF_DeviceListName(list, i, status) as Address),
  );
  f.TF_DeleteDeviceList(list);
  return names;
}

/** Names of operations and settings as C texts, kept alive. */
const known = new Map<string, Uint8Array>();

/** A text that ends with a zero byte, in memory that never moves. */
function nameOf(text: string): Uint8Array {
  let bytes = known.get(text);
  if (bytes === undefined) {
    bytes = new Uint8Array(new ArrayBuffer(256));
    bytes.set(new TextEncoder().encode(text));
    known.set(text, bytes);
  }
  return bytes;
}
