/**
 * Finds out whether libtorch can compute on a GPU, without starting CUDA where
 * there is none.
 *
 * @module
 */
import {
  isForeignAllowed,
  type LibraryFunction,
  openLibrary,
} from "../foreign.ts";

/** The driver's numbers of what a device's compute capability is made of. */
const CAPABILITY = [75, 76] as const;

/** The GPU that is used, or why there is none. */
export interface Gpu {
  /** libtorch's addition on CUDA; absent where the processor computes. */
  readonly add?: LibraryFunction;
  /** Its name, or the reason, for people. */
  readonly text: string;
  /** Its compute capability: 8 is Ampere, the first that multiplies bf16. */
  readonly capability?: number;
}

/** The driver's own functions; numbers that are not 0 are failures. */
const DRIVER = {
  cuInit: { parameters: ["u32"], result: "i32" },
  cuDeviceGetCount: { parameters: ["buffer"], result: "i32" },
  cuDeviceGetName: { parameters: ["buffer", "i32", "i32"], result: "i32" },
  cuDeviceGetAttribute: { parameters: ["buffer", "i32", "i32"], result: "i32" },
} as const;

const ADD = {
  aoti_torch_cuda_add_Tensor: {
    parameters: ["u64", "u64", "f64", "buffer"],
    result: "i32",
  },
} as const;

/**
 * Opens the CUDA part of libtorch where the driver sees a GPU.
 *
 * @param folder Where libtorch's libraries are.
 * @param driver The driver's library.
 * @returns The GPU, or why the processor computes.
 */
export function openGpu(folder: string, driver = "libcuda.so.1"): Gpu {
  const { name, reason, capability } = seenBy(driver);
  if (name === undefined) return { text: reason };
  try {
    const { aoti_torch_cuda_add_Tensor: add } = openLibrary(
      `${folder}/libtorch_cuda.so`,
      ADD,
    );
    return { add: add!, text: name, capability };
  } catch (error) {
    const [line] = (error as Error).message.split("\n");
    return {
      text:
        `${name} is not used: expected a libtorch with CUDA that fits its driver, got ${line}`,
    };
  }
}

/**
 * The name of the first GPU that the driver sees.
 *
 * @param driver The driver's library.
 * @returns Its name; nothing where there is none or no library may be opened.
 */
export function gpuName(driver = "libcuda.so.1"): string | undefined {
  return seenBy(driver).name;
}

/** Asks the driver for its first GPU. */
function seenBy(
  driver: string,
): { name?: string; reason: string; capability: number } {
  const words = new Int32Array(new ArrayBuffer(64));
  const text = new Uint8Array(new ArrayBuffer(256));
  if (!isForeignAllowed(driver)) {
    return none("no GPU that may be asked for (--allow-ffi)");
  }
  try {
    const library = openLibrary(driver, DRIVER);
    const started = library.cuInit!(0);
    if (started !== 0) return none(`no GPU (driver's code ${started})`);
    library.cuDeviceGetCount!(words);
    if (words[0] === 0) return none("no GPU");
    library.cuDeviceGetName!(text, text.length, 0);
    CAPABILITY.forEach((number, i) =>
      library.cuDeviceGetAttribute!(words.subarray(i), number, 0)
    );
  } catch {
    return none("no GPU");
  }
  const name = new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
  return { name, reason: "", capability: words[0]! + words[1]! / 10 };
}

/** No GPU, and why. */
function none(reason: string): { reason: string; capability: number } {
  return { reason, capability: 0 };
}
