/**
 * Calls of PyTorch's operators through the stable C ABI of libtorch.
 *
 * Tensors are owned references ("handles"). What a call makes belongs to the
 * scope it was made in and is freed with it, unless somebody takes it over.
 *
 * @module
 */
import { bytesAt } from "../foreign.ts";
import { scopesOf } from "../scopes.ts";
import type { TorchLibrary } from "./library.ts";

/** A reference to a tensor of libtorch that somebody owns. */
export type Handle = bigint;

/** One argument: a tensor, nothing, a flag, whole numbers, or what its name says. */
export type Argument =
  | Handle
  | null
  | boolean
  | readonly number[]
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly flags: readonly boolean[] }
  | { readonly tensors: readonly Handle[] }
  /** A value where the operator could also do without. */
  | { readonly some: Argument };

/** libtorch's numbers of the kinds of elements that we use. */
export const ELEMENT = {
  uint8: 0,
  int32: 3,
  int64: 4,
  float32: 6,
  float64: 7,
  bool: 11,
  bfloat16: 15,
} as const;

/** libtorch's numbers of devices. */
export const DEVICE = { cpu: 0, cuda: 1 } as const;

/** The calls. */
export interface Operators {
  /** Calls an operator, such as `aten::mm` or `aten::max.dim`, with one result. */
  readonly call: (operator: string, ...inputs: readonly Argument[]) => Handle;
  /** Calls an operator with several results. */
  readonly callMany: (
    operator: string,
    inputs: readonly Argument[],
    outputs: number,
  ) => Handle[];
  /** Calls one that only changes its inputs; what it returns is freed. */
  readonly change: (operator: string, ...inputs: readonly Argument[]) => void;
  /** The functions that take and give handles, checked; results are scoped. */
  readonly make: (
    what: string,
    fill: (slot: BigUint64Array) => number | bigint,
  ) => Handle;
  /** A number that libtorch writes into a word. */
  readonly ask: (
    what: string,
    fill: (slot: BigUint64Array) => number | bigint,
  ) => bigint;
  /**
   * Takes a handle out of its scope, or a new reference where it belongs to
   * somebody else: whoever does must free it.
   */
  readonly take: (tensor: Handle) => Handle;
  /** Frees a handle, scoped or taken. */
  readonly free: (tensor: Handle) => void;
  /** Frees everything that was made inside and not taken. */
  readonly scoped: <Result>(compute: () => Result) => Result;
  /** The same, but for the handle that is returned: it passes to the scope around. */
  readonly passed: (compute: () => Handle) => Handle;
  /** How many handles somebody owns. */
  readonly owned: () => number;
}

/** Most arguments or results of an operator. */
const MOST = 32;

/**
 * Prepares calls.
 *
 * @param library The opened libtorch.
 * @returns The calls.
 */
export function operatorsOf(library: TorchLibrary): Operators {
  const { functions } = library;
  const slot = new BigUint64Array(new ArrayBuffer(256));
  const scope = scopesOf<Handle>((tensor) => {
    functions.aoti_torch_delete_tensor_object(tensor);
  });
  const ask: Operators["ask"] = (what, fill) => {
    slot[0] = 0n;
    if (fill(slot) !== 0) throw failure(library, what);
    return slot[0]!;
  };
  return {
    ...callsOf(library, scope.note, ask),
    ask,
    make: (what, fill) => scope.note(ask(what, fill)),
    take: (tensor) => {
      if (scope.leave(tensor)) return tensor;
      const other = ask(
        "again",
        (slot) => functions.aoti_torch_new_tensor_handle(tensor, slot),
      );
      scope.leave(scope.note(other));
      return other;
    },
    free: scope.free,
    scoped: scope.scoped,
    passed: scope.passed,
    owned: scope.count,
  };
}

/** The calls of operators; `note` takes account of what they make. */
function callsOf(
  library: TorchLibrary,
  note: (tensor: Handle) => Handle,
  ask: Operators["ask"],
): Pick<Operators, "call" | "callMany" | "change"> {
  const { functions, abi } = library;
  const stack = new BigUint64Array(new ArrayBuffer(8 * MOST));
  const words = wordsOf(library, ask);
  const perform = (operator: string, inputs: readonly Argument[]) => {
    for (let i = 0; i < inputs.length; i++) stack[i] = words(inputs[i]!);
    // Arguments that newer versions added all default to nothing.
    stack.fill(0n, inputs.length, inputs.length + 4);
    const [name, overload] = namesOf(operator);
    const status = functions.torch_call_dispatcher(name, overload, stack, abi);
    if (status !== 0) throw failure(library, operator);
  };
  return {
    call(operator, ...inputs) {
      perform(operator, inputs);
      return note(stack[0]!);
    },
    callMany(operator, inputs, outputs) {
      perform(operator, inputs);
      return Array.from(
        stack.subarray(0, outputs),
        (tensor) => tensor === 0n ? tensor : note(tensor),
      );
    },
    change(operator, ...inputs) {
      perform(operator, inputs);
      // Operators on lists of tensors return nothing.
      if (typeof inputs[0] === "bigint") {
        functions.aoti_torch_delete_tensor_object(stack[0]!);
      }
    },
  };
}

/** The error of a call, in libtorch's own words where it tells them. */
function failure({ told }: TorchLibrary, what: string): Error {
  const text = told() ?? "an error (above)";
  return new RangeError(
    `Cannot compute ${what} with libtorch: expected no error, got ${text}`,
  );
}

/** Names of operators as C texts, kept alive. */
const known = new Map<string, readonly [Uint8Array, Uint8Array]>();

/** The name and the overload of an operator. */
function namesOf(operator: string): readonly [Uint8Array, Uint8Array] {
  let names = known.get(operator);
  if (names === undefined) {
    const [name, overload = ""] = operator.split(".");
    names = [cText(name!), cText(overload)];
    known.set(operator, names);
  }
  return names;
}

/** A text that ends with a zero byte, in memory that never moves. */
function cText(text: string): Uint8Array {
  const bytes = new Uint8Array(new ArrayBuffer(256));
  bytes.set(new TextEncoder().encode(text));
  return bytes;
}

const float = new Float64Array(1);
const floatBits = new BigUint64Array(float.buffer);

/** Turns arguments into words; what they own passes to the call. */
function wordsOf(
  { functions, newWord }: TorchLibrary,
  ask: Operators["ask"],
): (argument: Argument) => bigint {
  const list = (elements: readonly bigint[]): bigint => {
    const made = ask(
      "list",
      (slot) =>
        functions.torch_new_list_reserve_size(BigInt(elements.length), slot),
    );
    for (const element of elements) {
      functions.torch_list_push_back(made, element);
    }
    return made;
  };
  const some = (value: bigint): bigint => {
    const place = functions.torch_new_stable_ivalue
      ? ask("value", (slot) => functions.torch_new_stable_ivalue!(slot))
      : BigInt(newWord!(8n));
    new BigUint64Array(bytesAt(place, 8))[0] = value;
    return place;
  };
  const own = (tensor: Handle): bigint =>
    ask(
      "reference",
      (slot) => functions.aoti_torch_new_tensor_handle(tensor, slot),
    );
  const words = (argument: Argument): bigint => {
    if (typeof argument === "bigint") return own(argument);
    if (argument === null) return 0n;
    if (typeof argument === "boolean") return argument ? 1n : 0n;
    if ("length" in argument) return list(argument.map(whole));
    if ("int" in argument) return whole(argument.int);
    if ("float" in argument) {
      float[0] = argument.float;
      return floatBits[0]!;
    }
    if ("some" in argument) return some(words(argument.some));
    if ("tensors" in argument) return list(argument.tensors.map(own));
    if ("flags" in argument) return list(argument.flags.map(words));
    const bytes = new TextEncoder().encode(argument.text);
    return ask(
      "text",
      (slot) =>
        functions.torch_new_string_handle(bytes, BigInt(bytes.length), slot),
    );
  };
  return words;
}

/** A whole number as a word. */
function whole(value: number): bigint {
  return BigInt.asUintN(64, BigInt(value));
}
