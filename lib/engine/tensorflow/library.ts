/**
 * Opens TensorFlow and checks that it speaks the C interface of eager operations.
 *
 * @module
 */
import {
  type Address,
  type ForeignSignature,
  type ForeignType,
  isForeignAllowed,
  type LibraryFunction,
  openLibrary,
  platform,
  textAt,
} from "../foreign.ts";
import { keepMemory } from "../keep_memory.ts";
import {
  type FindOptions,
  findTensorFlow,
  type FoundTensorFlow,
} from "./find_library.ts";

/** Declares a function that returns a pointer. */
function gives(...parameters: ForeignType[]): ForeignSignature {
  return { parameters, result: "u64" };
}

/** Declares a function that returns nothing. */
function acts(...parameters: ForeignType[]): ForeignSignature {
  return { parameters, result: "void" };
}

/** Declares a function that returns a small number. */
function counts(...parameters: ForeignType[]): ForeignSignature {
  return { parameters, result: "i32" };
}

/** The functions of `c_api.h` and `eager/c_api.h` that we call; the last word is often a status. */
const FUNCTIONS = {
  TF_Version: gives(),
  TF_NewStatus: gives(),
  TF_GetCode: counts("u64"),
  TF_Message: gives("u64"),
  TF_AllocateTensor: gives("i32", "buffer", "i32", "u64"),
  TF_TensorData: gives("u64"),
  TF_DeleteTensor: acts("u64"),
  TF_DeviceListCount: counts("u64"),
  TF_DeviceListName: gives("u64", "i32", "u64"),
  TF_DeleteDeviceList: acts("u64"),
  TFE_NewContextOptions: gives(),
  TFE_ContextOptionsSetConfig: acts("u64", "buffer", "u64", "u64"),
  TFE_DeleteContextOptions: acts("u64"),
  TFE_NewContext: gives("u64", "u64"),
  TFE_ContextListDevices: gives("u64", "u64"),
  TFE_NewTensorHandle: gives("u64", "u64"),
  TFE_DeleteTensorHandle: acts("u64"),
  TFE_TensorHandleResolve: gives("u64", "u64"),
  TFE_TensorHandleDataType: counts("u64"),
  TFE_TensorHandleCopySharingTensor: gives("u64", "u64"),
  TFE_TensorHandleCopyToDevice: gives("u64", "u64", "buffer", "u64"),
  TFE_NewOp: gives("u64", "buffer", "u64"),
  TFE_DeleteOp: acts("u64"),
  TFE_OpAddInput: acts("u64", "u64", "u64"),
  TFE_OpAddInputList: acts("u64", "buffer", "i32", "u64"),
  TFE_OpSetAttrBool: acts("u64", "buffer", "bool"),
  TFE_OpSetAttrType: acts("u64", "buffer", "i32"),
  TFE_OpSetAttrInt: acts("u64", "buffer", "i64"),
  TFE_OpSetAttrFloat: acts("u64", "buffer", "f32"),
  TFE_OpSetAttrString: acts("u64", "buffer", "buffer", "u64"),
  TFE_OpSetAttrShape: acts("u64", "buffer", "u64", "i32", "u64"),
  TFE_Execute: acts("u64", "buffer", "buffer", "u64"),
} as const satisfies Record<string, ForeignSignature>;

/** What every TensorFlow has. */
const AGE = {
  TF_Version: { ...FUNCTIONS.TF_Version, optional: true },
} as const satisfies Record<string, ForeignSignature>;

/** The functions, by name. */
export type TensorFlowFunctions = Readonly<
  Record<keyof typeof FUNCTIONS, LibraryFunction>
>;

/** An opened TensorFlow. */
export interface TensorFlowLibrary {
  /** Its functions. */
  readonly functions: TensorFlowFunctions;
  /** Its version, such as `2.21.0`. */
  readonly version: string;
  /** Where it was found. */
  readonly found: FoundTensorFlow;
}

/** What people can do about it. */
const ADVICE =
  "run `deno task engine install tensorflow`, or name the folder of an installed TensorFlow in LIBTENSORFLOW";

/** The error of an engine that cannot be opened. */
function cannot(expected: string, got: string): Error {
  return new Deno.errors.NotFound(
    `Cannot load the tensorflow engine: expected ${expected}, got ${got}`,
  );
}

/**
 * Opens TensorFlow's library.
 *
 * @param options Other places to look in.
 * @returns The opened library.
 * @throws {Deno.errors.NotFound} If foreign calls are not allowed, there is no
 * TensorFlow, it cannot be loaded, or it is too old.
 */
export async function openTensorFlow(
  options: FindOptions = {},
): Promise<TensorFlowLibrary> {
  const allowed = Deno.permissions.querySync({ name: "ffi" }).state;
  if (
    allowed === "denied" || (allowed === "prompt" && !isForeignAllowed("/"))
  ) {
    throw cannot("permission to call foreign code (--allow-ffi)", "none");
  }
  const { found, tried } = await findTensorFlow(options);
  if (found === undefined) {
    throw cannot(`TensorFlow 2 (${ADVICE})`, `none: ${tried.join("; ")}`);
  }
  quieten();
  keepMemory();
  const { TF_Version } = loaded(found);
  const version = textAt((TF_Version?.() ?? 0n) as Address);
  return { functions: functionsOf(found, version), version, found };
}

/** All functions; a library without one of them is too old, or not TensorFlow. */
function functionsOf(
  { library, folder }: FoundTensorFlow,
  version: string,
): TensorFlowFunctions {
  try {
    return openLibrary(library, FUNCTIONS) as TensorFlowFunctions;
  } catch {
    throw cannot(
      `TensorFlow 2.1 or newer, with eager operations (${ADVICE})`,
      `${version === "" ? "something else" : version} in ${folder}`,
    );
  }
}

/** Keeps TensorFlow from telling on every start what it could do better; errors stay. */
function quieten(): void {
  const variable = "TF_CPP_MIN_LOG_LEVEL";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  if (state !== "granted" || Deno.env.has(variable)) return;
  Deno.env.set(variable, "2");
}

/**
 * Where the system's own loader is, and its numbers for "now", "never unload" and, on
 * Linux, "own names first".
 */
const LOADER: Readonly<Record<string, readonly [string, number]>> = {
  linux: ["libdl.so.2", 0x2 | 0x1000 | 0x8],
  darwin: ["/usr/lib/libSystem.B.dylib", 0x2 | 0x80],
};

/**
 * Loads a library for as long as the process lives: TensorFlow's threads run on when a
 * program or a test file has ended, and code taken from under them is a crash. Its own
 * names come first, because Mesa's drivers, which WebGPU loads, give away the names of
 * another LLVM than TensorFlow's: that, too, is a crash. Whether it can be loaded at
 * all is told by opening it afterwards.
 */
function loadForGood(path: string): void {
  const [loader, flags] = LOADER[platform().os]!;
  const { dlopen } = openLibrary(loader, {
    dlopen: { parameters: ["buffer", "i32"], result: "u64" },
  });
  dlopen!(new TextEncoder().encode(`${path}\0`), flags);
}

/** Loads TensorFlow, first what it needs where that is a file of its own. */
function loaded({ library, framework }: FoundTensorFlow) {
  try {
    loadForGood(framework);
    openLibrary(framework, {});
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw cannot(
        "permission to call foreign code (--allow-ffi)",
        `none for ${framework}`,
      );
    }
    // Whether it was needed shows in the next line.
  }
  try {
    loadForGood(library);
    return openLibrary(library, AGE);
  } catch (error) {
    throw cannot(
      `a loadable TensorFlow (${ADVICE})`,
      (error as Error).message.split("\n")[0]!,
    );
  }
}
