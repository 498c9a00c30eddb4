/**
 * Calls of ONNX Runtime written down as words of 64 bits, so that any thread
 * can perform them.
 *
 * A call is: its length in words, session, names, number of inputs, number of
 * outputs; then for each argument: address, bytes, element type, rank, lengths.
 *
 * @module
 */
import {
  type Address,
  addressOf,
  type ForeignFunction,
  functionAt,
} from "../foreign.ts";

/** Where the functions are that a call needs. */
export interface CallAddresses {
  readonly createValue: Address;
  readonly releaseValue: Address;
  readonly run: Address;
  /** ONNX Runtime's word for "memory of the processor". */
  readonly memoryInfo: Address;
}

/** An argument of a call. */
export interface Argument {
  /** Where the first number stands. */
  readonly address: Address;
  /** Lengths by axis, outermost first. */
  readonly shape: readonly number[];
}

/** What is called. */
export interface Target {
  readonly session: Address;
  /** Where the pointers to the names of inputs, then of outputs, stand. */
  readonly names: Address;
  /** ONNX's numbers of the element types of inputs, then of outputs. */
  readonly elements: readonly number[];
  /** Bytes of one number of each. */
  readonly bytes: readonly number[];
}

const HEAD = 5;
const MOST_ARGUMENTS = 64;

/**
 * Writes a call down.
 *
 * @param words Where to.
 * @param at The first word.
 * @param call Target, inputs and outputs.
 * @returns The first word behind it.
 */
export function writeCall(
  words: BigUint64Array,
  at: number,
  { target, inputs, outputs }: {
    target: Target;
    inputs: readonly Argument[];
    outputs: readonly Argument[];
  },
): number {
  words[at + 1] = target.session;
  words[at + 2] = target.names;
  words[at + 3] = BigInt(inputs.length);
  words[at + 4] = BigInt(outputs.length);
  let next = at + HEAD;
  for (let i = 0; i < inputs.length + outputs.length; i++) {
    const { address, shape } = inputs[i] ?? outputs[i - inputs.length]!;
    let bytes = target.bytes[i]!;
    for (let axis = 0; axis < shape.length; axis++) {
      bytes *= shape[axis]!;
      words[next + 4 + axis] = BigInt(shape[axis]!);
    }
    words[next] = address;
    words[next + 1] = BigInt(bytes);
    words[next + 2] = BigInt(target.elements[i]!);
    words[next + 3] = BigInt(shape.length);
    next += 4 + shape.length;
  }
  words[at] = BigInt(next - at);
  return next;
}

/** Performs calls on one thread. */
export interface Performer {
  /** Performs the calls from one word to another; 0, or the first bad status. */
  readonly perform: (from: number, to: number) => bigint;
}

/**
 * Makes a performer for the thread that asks.
 *
 * @param addresses The functions.
 * @param words Where calls are written down.
 * @returns The performer.
 */
export function createPerformer(
  addresses: CallAddresses,
  words: BigUint64Array<SharedArrayBuffer>,
): Performer {
  const { createValue, releaseValue, run } = callFunctions(addresses);
  const values = new BigUint64Array(new ArrayBuffer(8 * MOST_ARGUMENTS));
  const slot = new BigUint64Array(new ArrayBuffer(256));
  const [valuesAt, slotAt] = [addressOf(values.buffer), addressOf(slot.buffer)];
  const wordsAt = addressOf(words.buffer);
  const info = addresses.memoryInfo;
  let made = 0;
  const makeValues = (at: number, count: number): bigint => {
    for (made = 0; made < count; made++) {
      const rank = words[at + 3]!;
      const status = createValue(
        info,
        words[at]!,
        words[at + 1]!,
        wordsAt + BigInt(8 * (at + 4)),
        rank,
        Number(words[at + 2]),
        slotAt,
      );
      if (status !== 0n) return status;
      values[made] = slot[0]!;
      at += 4 + Number(rank);
    }
    return 0n;
  };
  const performOne = (at: number): bigint => {
    const [names, inputs, outputs] = [
      words[at + 2]!,
      words[at + 3]!,
      words[at + 4]!,
    ];
    let status = makeValues(at + HEAD, Number(inputs + outputs));
    if (status === 0n) {
      status = run(
        words[at + 1]!,
        0n,
        names,
        valuesAt,
        inputs,
        names + 8n * inputs,
        outputs,
        valuesAt + 8n * inputs,
      );
    }
    for (let i = 0; i < made; i++) releaseValue(values[i]!);
    return status;
  };
  return {
    perform(from, to) {
      for (let at = from; at < to; at += Number(words[at])) {
        const status = performOne(at);
        if (status !== 0n) return status;
      }
      return 0n;
    },
  };
}

/** The three functions, callable. */
function callFunctions(
  { createValue, releaseValue, run }: CallAddresses,
): Record<"createValue" | "releaseValue" | "run", ForeignFunction> {
  return {
    createValue: functionAt(createValue, [
      ...(["u64", "u64", "u64", "u64", "u64", "i32", "u64"] as const),
    ]),
    releaseValue: functionAt(releaseValue, ["u64"], "void"),
    run: functionAt(run, Array<"u64">(8).fill("u64")),
  };
}
