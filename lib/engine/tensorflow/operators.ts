/**
 * Calls of TensorFlow's operations, one by one ("eager"), through its C interface.
 *
 * Tensors are owned references ("handles"). What a call makes belongs to the
 * scope it was made in and is freed with it, unless somebody takes it over.
 *
 * @module
 */
import { type Address, bytesAt } from "../foreign.ts";
import { sizeOf } from "../reference/shape_walk.ts";
import { type Scopes, scopesOf } from "../scopes.ts";
import { type Context, nameOf } from "./context.ts";

/** A reference to a tensor of TensorFlow that somebody owns. */
export type Handle = bigint;

/** A setting of an operation. */
export type Attribute =
  | boolean
  | { readonly int: number }
  | { readonly float: number }
  | { readonly type: number }
  | { readonly text: string }
  /** A shape that may be any. */
  | "any shape";

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
  /** Makes a handle that is neither freed nor counted. */
  readonly forGood: (make: () => Handle) => Handle;
  /** How many handles there are. */
  readonly handles: () => number;
}

/** Most results of an operation at once. */
const MOST = 65_536;

/**
 * Prepares calls.
 *
 * @param context Where operations run.
 * @returns The calls.
 */
export function operatorsOf(context: Context): Operators {
  const { functions: f, status, check } = context;
  const scope = scopesOf<Handle>((tensor) => {
    f.TFE_DeleteTensorHandle(tensor);
  });
  let forGood = 0;
  const results = new BigUint64Array(new ArrayBuffer(8 * MOST));
  const perform = performerOf(context, results);
  const memory = memoryOf(context, scope);
  return {
    call(operation, inputs, attributes = {}) {
      perform(operation, inputs, attributes, 1);
      return scope.note(results[0]!);
    },
    callMany(operation, inputs, attributes, outputs) {
      perform(operation, inputs, attributes, outputs);
      return Array.from(results.subarray(0, outputs), scope.note);
    },
    ...memory,
    moved(tensor, device) {
      const there = f.TFE_TensorHandleCopyToDevice(
        tensor,
        context.address,
        nameOf(device),
        status,
      );
      check(`a copy to ${device}`);
      return scope.note(there as Handle);
    },
    elementOf: (tensor) => Number(f.TFE_TensorHandleDataType(tensor)),
    take(tensor) {
      if (!scope.leave(tensor)) scope.leave(tensor = memory.again(tensor));
      return tensor;
    },
    join: scope.join,
    free: scope.free,
    scoped: scope.scoped,
    forGood(make) {
      const handle = make();
      scope.leave(handle);
      forGood++;
      return handle;
    },
    handles: () => scope.count() - forGood,
  };
}

/** Calls operations; what they give stands in `results`. */
function performerOf(
  { functions: f, address, status, check }: Context,
  results: BigUint64Array,
) {
  const count = new Int32Array(new ArrayBuffer(64));
  const add = (op: bigint, what: string, input: Input) => {
    if (typeof input === "bigint") f.TFE_OpAddInput(op, input, status);
    else {
      const list = BigUint64Array.from(input);
      f.TFE_OpAddInputList(op, list, input.length, status);
    }
    check(what);
  };
  const set = (op: bigint, name: string, value: Attribute) => {
    const key = nameOf(name);
    if (value === "any shape") f.TFE_OpSetAttrShape(op, key, 0n, -1, status);
    else if (typeof value === "boolean") f.TFE_OpSetAttrBool(op, key, value);
    else if ("int" in value) f.TFE_OpSetAttrInt(op, key, BigInt(value.int));
    else if ("float" in value) f.TFE_OpSetAttrFloat(op, key, value.float);
    else if ("type" in value) f.TFE_OpSetAttrType(op, key, value.type);
    else {
      const { text } = value; // of one byte a letter
      f.TFE_OpSetAttrString(op, key, nameOf(text), BigInt(text.length));
    }
  };
  return (
    what: string,
    inputs: readonly Input[],
    attributes: Attributes,
    outputs: number,
  ) => {
    const op = f.TFE_NewOp(address, nameOf(what), status) as bigint;
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
}

/** Memory that becomes tensors, and tensors' memory. */
function memoryOf(
  { functions: f, status, check }: Context,
  scope: Scopes<Handle>,
): Pick<Operators, "allocate" | "give" | "look" | "drop" | "again"> {
  const bytesOf = (tensor: Address, bytes: number): Allocation => ({
    tensor,
    bytes: bytesAt(f.TF_TensorData(tensor) as Address, bytes),
  });
  return {
    allocate(shape, element) {
      const bytes = sizeOf(shape) * BYTES[element]!;
      const lengths = BigInt64Array.from(shape, (length) => BigInt(length));
      const rank = shape.length;
      const size = BigInt(bytes);
      const tensor = f.TF_AllocateTensor(element, lengths, rank, size);
      if (tensor === 0n) throw outOfMemory(bytes);
      const made = bytesOf(tensor as Address, bytes);
      if (made.bytes.byteLength === bytes) return made;
      f.TF_DeleteTensor(tensor);
      throw outOfMemory(bytes);
    },
    give({ tensor }) {
      const handle = f.TFE_NewTensorHandle(tensor, status);
      f.TF_DeleteTensor(tensor);
      check("a tensor");
      return scope.note(handle as Handle);
    },
    look(tensor, bytes) {
      const found = f.TFE_TensorHandleResolve(tensor, status);
      check("a tensor's memory");
      return bytesOf(found as Address, bytes);
    },
    drop: ({ tensor }) => {
      f.TF_DeleteTensor(tensor);
    },
    again(tensor) {
      const other = f.TFE_TensorHandleCopySharingTensor(tensor, status);
      check("another reference");
      return scope.note(other as Handle);
    },
  };
}

/** The error of an allocation that the system refused. */
function outOfMemory(bytes: number): Error {
  return new RangeError(
    `Cannot make a tensor with TensorFlow: expected ${bytes} bytes of memory, got none`,
  );
}
