/**
 * The one adapter to what is foreign to the language: opening a shared library,
 * calling the functions of a table, the addresses of our own memory, threads.
 *
 * Nothing else in the lab says `Deno.dlopen` or `Deno.UnsafePointer`, so that
 * another runtime needs another copy of this file and of nothing else.
 *
 * @module
 */
import { Worker, workerData } from "node:worker_threads";

/** Where a value of C lives: a number of 64 bits, 0 for null. */
export type Address = bigint;

/** The kinds of arguments and results that our calls use. */
export type ForeignType =
  | "u32"
  | "i32"
  | "u64"
  | "i64"
  | "f32"
  | "f64"
  | "bool"
  | "buffer"
  | "void";

/** One argument: an integer, or bytes that stay alive during the call. */
export type ForeignValue = number | bigint | ArrayBufferView;

/** A C function that is called and waited for. */
export type ForeignFunction = (...values: ForeignValue[]) => bigint;

/** How a function of an opened library is called. */
export interface ForeignSignature {
  /** The kinds of its arguments. */
  readonly parameters: readonly ForeignType[];
  /** The kind of its result. */
  readonly result: ForeignType;
  /** Whether a library without it is opened all the same. */
  readonly optional?: boolean;
}

/** A function of an opened library: 64-bit integers come back as `bigint`. */
export type LibraryFunction = (
  ...values: (ForeignValue | boolean)[]
) => number | bigint;

/** Operating system and processor, in Deno's words: `linux`, `x86_64`. */
export function platform(): { readonly os: string; readonly arch: string } {
  return { os: Deno.build.os, arch: Deno.build.arch };
}

/**
 * Reads one environment variable when reading it is allowed; never asks.
 *
 * @param name The variable.
 * @returns Its text, or `undefined` when unset, empty or not allowed.
 */
export function environmentVariable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  const text = state === "granted" ? Deno.env.get(name) : undefined;
  return text === "" ? undefined : text;
}

/**
 * Whether a library may be opened without asking anybody.
 *
 * @param path The library's file.
 * @returns True where the permission is there already.
 */
export function isForeignAllowed(path: string | URL): boolean {
  const { state } = Deno.permissions.querySync({ name: "ffi", path });
  return state === "granted";
}

/**
 * Whether a file may be read without asking anybody; threads of our own are
 * files that the system reads.
 *
 * @param path The file.
 * @returns True where the permission is there already.
 */
export function isReadAllowed(path: URL): boolean {
  if (path.protocol !== "file:") return true;
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

/**
 * Opens a shared library and one function of it.
 *
 * @param path A file path, or a `file:` URL.
 * @param name The exported function, without arguments, returning a pointer.
 * @returns What that function returned.
 */
export function callExport(path: string | URL, name: string): Address {
  const library = Deno.dlopen(path, {
    [name]: { parameters: [], result: "pointer" },
  });
  const call = library.symbols[name] as () => Deno.PointerValue;
  return Deno.UnsafePointer.value(call());
}

/**
 * Opens a shared library and functions of it, to be called without detours.
 *
 * @param path A file path, or a name that the system's own search finds.
 * @param signatures The functions by name.
 * @returns The functions; optional ones that are absent are left out.
 */
export function openLibrary<Name extends string>(
  path: string,
  signatures: Readonly<Record<Name, ForeignSignature>>,
): Readonly<Record<Name, LibraryFunction | undefined>> {
  const { symbols } = Deno.dlopen(
    path,
    signatures as Deno.ForeignLibraryInterface,
  );
  const names = Object.keys(signatures) as Name[];
  return Object.fromEntries(
    names.map((name) => [name, symbols[name] ?? undefined]),
  ) as Record<Name, LibraryFunction | undefined>;
}

/**
 * Where a variable of a shared library stands.
 *
 * @param path The library's file, or a name that the system's own search finds.
 * @param name The exported variable.
 * @returns Its address.
 */
export function addressIn(path: string, name: string): Address {
  const { symbols } = Deno.dlopen(path, { [name]: { type: "pointer" } });
  return Deno.UnsafePointer.value(symbols[name] as Deno.PointerValue);
}

/**
 * The bytes that stand at an address, not a copy.
 *
 * @param address Where the first byte is.
 * @param length How many.
 * @returns A buffer over them, to be used only while they are there.
 */
export function bytesAt(address: Address, length: number): ArrayBuffer {
  const pointer = Deno.UnsafePointer.create(address);
  return pointer === null
    ? new ArrayBuffer(0)
    : Deno.UnsafePointerView.getArrayBuffer(pointer, length);
}

/**
 * Makes a function of an address.
 *
 * @param address Where its code starts.
 * @param parameters The kinds of its arguments.
 * @param result The kind of its result; `void` gives 0.
 * @returns The function. Buffers are passed by address, without a copy.
 */
export function functionAt(
  address: Address,
  parameters: readonly ForeignType[],
  result: ForeignType = "u64",
): ForeignFunction {
  const pointer = Deno.UnsafePointer.create(address);
  if (pointer === null) {
    throw new RangeError(
      "Cannot call a foreign function: expected an address, got null",
    );
  }
  // deno-lint-ignore no-explicit-any -- the signature is only known at run time
  const foreign = new Deno.UnsafeFnPointer(pointer as any, {
    parameters,
    result,
    // deno-lint-ignore no-explicit-any -- as above
  } as any) as { call: (...values: any[]) => bigint | undefined };
  return (...values) => foreign.call(...values) ?? 0n;
}

/** Reads the pointer that stands at an address. */
export function pointerAt(address: Address): Address {
  const view = new Deno.UnsafePointerView(Deno.UnsafePointer.create(address)!);
  return view.getBigUint64();
}

/** Reads a text that ends with a zero byte. */
export function textAt(address: Address): string {
  const pointer = Deno.UnsafePointer.create(address);
  return pointer === null ? "" : Deno.UnsafePointerView.getCString(pointer);
}

/**
 * The address of an array buffer's bytes.
 *
 * Holds as long as the buffer is referenced: bytes of buffers made by
 * `new ArrayBuffer` lie outside the collected heap and never move. (Bytes of
 * small typed arrays do not, so this takes buffers only.)
 *
 * @param buffer The bytes; must be kept alive by the caller.
 * @returns Their address.
 */
export function addressOf(buffer: ArrayBuffer | SharedArrayBuffer): Address {
  return Deno.UnsafePointer.value(
    Deno.UnsafePointer.of(new Uint8Array(buffer) as Uint8Array<ArrayBuffer>),
  );
}

/** The kinds of arrays that threads share, made of their whole buffers. */
const VIEWS = {
  BigUint64Array: (buffer: SharedArrayBuffer) => new BigUint64Array(buffer),
  Int32Array: (buffer: SharedArrayBuffer) => new Int32Array(buffer),
};

/** What is handed to a thread: a shared array as its kind and its buffer. */
type Handed = readonly (
  | readonly [name: string, value: unknown]
  | readonly [name: string, kind: keyof typeof VIEWS, SharedArrayBuffer]
)[];

/**
 * Starts a thread that does not keep the program alive.
 *
 * Shared arrays are handed over as their buffers, of which they are the whole: of an
 * array Deno looks at every number, a quarter of a second for 16 MB.
 *
 * @param program The module that it runs.
 * @param data What `threadData` gives there; shared arrays stay shared.
 */
export function startThread(program: URL, data: object): void {
  const handed: Handed = Object.entries(data).map(([name, value]) =>
    value instanceof BigUint64Array || value instanceof Int32Array
      ? [name, value[Symbol.toStringTag], value.buffer as SharedArrayBuffer]
      : [name, value]
  );
  new Worker(program, { workerData: handed }).unref();
}

/** What the thread that started this one handed over; nothing on a thread of another kind. */
export function threadData(): unknown {
  if (!Array.isArray(workerData)) return undefined;
  return Object.fromEntries(
    (workerData as Handed).map(([name, value, buffer]) => [
      name,
      buffer ? VIEWS[value as keyof typeof VIEWS](buffer) : value,
    ]),
  );
}
