/**
 * Where TensorFlow's operations run: threads, devices, and what went wrong last.
 *
 * @module
 */
import { type Address, textAt } from "../foreign.ts";
import type { TensorFlowFunctions, TensorFlowLibrary } from "./library.ts";

/** What every call needs. */
export interface Context {
  /** TensorFlow's functions. */
  readonly functions: TensorFlowFunctions;
  /** TensorFlow's own word for it. */
  readonly address: Address;
  /** Where functions leave what went wrong. */
  readonly status: Address;
  /** Throws what went wrong in the last call, with what it was about. */
  readonly check: (what: string) => void;
  /** The names of all devices, such as `/job:localhost/replica:0/task:0/device:CPU:0`. */
  readonly devices: readonly string[];
}

/**
 * The settings of a context: threads, memory of a GPU only as it is needed, and
 * the processor for what a GPU cannot do.
 *
 * Source: `ConfigProto` of TensorFlow's `config.proto`: field 2 threads inside an
 * operation, 6.4 growth of memory, 7 soft placement.
 *
 * @param threads How many; absent for one a core.
 * @returns The message's bytes.
 */
export function contextSettings(threads?: number): Uint8Array {
  const number = threads === undefined ? [] : [0x10, ...varint(threads)];
  return Uint8Array.of(...number, 0x32, 2, 0x20, 1, 0x38, 1);
}

/** A whole number in the form of protocol buffers: seven bits a byte, lowest first. */
function varint(value: number): number[] {
  return value < 0x80
    ? [value]
    : [0x80 | (value & 0x7f), ...varint(value >>> 7)];
}

/**
 * Starts TensorFlow.
 *
 * @param library The opened library.
 * @param options How many threads an operation may use.
 * @returns Where operations run.
 * @throws {RangeError} If TensorFlow refuses, in its own words.
 */
export function contextOf(
  { functions }: TensorFlowLibrary,
  { threads }: { readonly threads?: number | undefined } = {},
): Context {
  const f = functions;
  const status = f.TF_NewStatus() as Address;
  const check = (what: string) => {
    if (f.TF_GetCode(status) === 0) return;
    const [line] = textAt(f.TF_Message(status) as Address).split("\n");
    throw new RangeError(
      `Cannot compute ${what} with TensorFlow: expected no error, got ${line}`,
    );
  };
  const settings = contextSettings(threads);
  const options = f.TFE_NewContextOptions();
  const length = BigInt(settings.length);
  f.TFE_ContextOptionsSetConfig(options, settings, length, status);
  check("with these settings");
  const address = f.TFE_NewContext(options, status) as Address;
  check("anything");
  f.TFE_DeleteContextOptions(options);
  const devices = devicesOf(f, address, status);
  return { functions, address, status, check, devices };
}

/** The names of a context's devices. */
function devicesOf(
  f: TensorFlowFunctions,
  context: Address,
  status: Address,
): string[] {
  const list = f.TFE_ContextListDevices(context, status);
  const names = Array.from(
    { length: Number(f.TF_DeviceListCount(list)) },
    (_, i) => textAt(f.TF_DeviceListName(list, i, status) as Address),
  );
  f.TF_DeleteDeviceList(list);
  return names;
}

/** Names of operations, settings and devices as C texts, kept alive. */
const known = new Map<string, Uint8Array>();

/**
 * A name as a C text.
 *
 * @param text At most 255 bytes, from a small set: it is kept.
 * @returns The text and a zero byte, in memory that never moves.
 */
export function nameOf(text: string): Uint8Array {
  let bytes = known.get(text);
  if (bytes === undefined) {
    bytes = new Uint8Array(new ArrayBuffer(256));
    bytes.set(new TextEncoder().encode(text));
    known.set(text, bytes);
  }
  return bytes;
}
