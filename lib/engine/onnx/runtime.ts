/**
 * ONNX Runtime's functions that the engine calls, its one environment and its
 * one thread pool.
 *
 * @module
 */
import {
  type Address,
  type ForeignFunction,
  type ForeignType,
  functionAt,
  pointerAt,
  textAt,
} from "../foreign.ts";
import { type CallBook, openCallBook } from "./call_book.ts";
import type { CallAddresses } from "./calls.ts";
import type { OnnxLibrary } from "./library.ts";
import { createTeam } from "./team.ts";

/** Positions in the function table; the table is append-only. */
const POSITION = {
  getErrorMessage: 2,
  createSessionFromArray: 8,
  run: 9,
  createSessionOptions: 10,
  disableMemoryPattern: 17,
  setIntraOpThreads: 24,
  createTensorWithData: 49,
  createCpuMemoryInfo: 69,
  releaseStatus: 93,
  releaseValue: 96,
  createEnvironmentWithThreadPools: 119,
  disablePerSessionThreads: 120,
  createThreadingOptions: 121,
  setGlobalIntraOpThreads: 147,
  setGlobalInterOpThreads: 148,
  setGlobalSpinning: 149,
} as const;

/** The element types that our graphs use, by their ONNX numbers. */
export const ELEMENT = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };

/** What graphs need of the runtime. */
export interface Runtime {
  /** How many threads compute. */
  readonly threads: number;
  /**
   * Builds a session from the bytes of a model: one that shares the runtime's
   * pool of threads, or one that computes on the calling thread alone.
   */
  readonly createSession: (
    model: Uint8Array,
    options: { readonly isAlone: boolean },
  ) => Address;
  /** Where calls are made. */
  readonly calls: CallBook;
}

/** How to start the runtime. */
export interface RuntimeOptions {
  /** How many threads compute, the calling one included. */
  readonly threads: number;
  /**
   * Whether waiting threads keep their core busy, to answer some microseconds
   * sooner. Default false: beside other work on the same cores a step then
   * takes half as long as with waiting threads that are busy.
   */
  readonly spin?: boolean;
}

/** Looks a function up by name and argument kinds. */
type Lookup = (
  name: keyof typeof POSITION,
  ...types: ForeignType[]
) => ForeignFunction;

/**
 * Starts the runtime: one environment, one pool of threads for all sessions.
 *
 * @param library The opened library.
 * @param options Threads, and whether they spin.
 * @returns What graphs need.
 */
export function startRuntime(
  { table }: OnnxLibrary,
  { threads, spin = false }: RuntimeOptions,
): Runtime {
  const at: Lookup = (name, ...types) =>
    functionAt(pointerAt(table + BigInt(POSITION[name] * 8)), types);
  const check = statusCheck(at);
  const slot = new BigUint64Array(new ArrayBuffer(256));
  const result = (status: bigint): bigint => (check(status), slot[0]!);
  const environment = startEnvironment(at, result, { threads, spin, slot });
  const options = {
    pooled: sessionOptions(at, result, { slot, isAlone: false }),
    alone: sessionOptions(at, result, { slot, isAlone: true }),
  };
  const newSession = at(
    "createSessionFromArray",
    ...(["u64", "buffer", "u64", "u64", "buffer"] as const),
  );
  const addresses = callAddresses(table, result, slot);
  return {
    threads,
    createSession: (model, { isAlone }) =>
      result(
        newSession(
          environment,
          model,
          BigInt(model.length),
          isAlone ? options.alone : options.pooled,
          slot,
        ),
      ),
    calls: openCallBook(createTeam(addresses, threads), check),
  };
}

/** Where the functions of a call are. */
function callAddresses(
  table: Address,
  result: (status: bigint) => bigint,
  slot: BigUint64Array,
): CallAddresses {
  const at = (name: keyof typeof POSITION) =>
    pointerAt(table + BigInt(POSITION[name] * 8));
  const newInfo = functionAt(at("createCpuMemoryInfo"), [
    ...(["i32", "i32", "buffer"] as const),
  ]);
  return {
    createValue: at("createTensorWithData"),
    releaseValue: at("releaseValue"),
    run: at("run"),
    memoryInfo: result(newInfo(1, 0, slot)),
  };
}

/** Turns a status into an exception with ONNX Runtime's own words. */
function statusCheck(at: Lookup): (status: bigint) => void {
  const message = at("getErrorMessage", "u64");
  const release = at("releaseStatus", "u64");
  return (status) => {
    if (status === 0n) return;
    const text = textAt(message(status));
    release(status);
    throw new RangeError(
      `Cannot compute with ONNX Runtime: expected no error, got ${text}`,
    );
  };
}

/** Makes the environment with the one pool of threads. */
function startEnvironment(
  at: Lookup,
  result: (status: bigint) => bigint,
  { threads, spin, slot }: RuntimeOptions & { slot: BigUint64Array },
): Address {
  const fatalOnly = 4; // Errors come back as statuses; printing them too helps nobody.
  const name = new Uint8Array(new ArrayBuffer(256));
  name.set(new TextEncoder().encode("maxsim-lab"));
  const threading = result(at("createThreadingOptions", "buffer")(slot));
  result(at("setGlobalIntraOpThreads", "u64", "i32")(threading, threads));
  result(at("setGlobalInterOpThreads", "u64", "i32")(threading, 1));
  result(at("setGlobalSpinning", "u64", "i32")(threading, spin ? 1 : 0));
  return result(
    at(
      "createEnvironmentWithThreadPools",
      ...(["i32", "buffer", "u64", "buffer"] as const),
    )(fatalOnly, name, threading, slot),
  );
}

/** Options of sessions that use the pool, or none. */
function sessionOptions(
  at: Lookup,
  result: (status: bigint) => bigint,
  { slot, isAlone }: { slot: BigUint64Array; isAlone: boolean },
): Address {
  const options = result(at("createSessionOptions", "buffer")(slot));
  if (isAlone) result(at("setIntraOpThreads", "u64", "i32")(options, 1));
  else result(at("disablePerSessionThreads", "u64")(options));
  result(at("disableMemoryPattern", "u64")(options));
  return options;
}
