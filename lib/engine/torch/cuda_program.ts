/**
 * Our own CUDA kernels: compiled from text by NVRTC, which comes with PyTorch, and
 * started through the driver on libtorch's own stream.
 *
 * @module
 */
import { addressOf, type LibraryFunction, openLibrary } from "../foreign.ts";
import { companionsOf } from "./library.ts";

/** What NVRTC's functions are called with; 0 is success. */
const COMPILER = {
  nvrtcCreateProgram: {
    parameters: ["buffer", "buffer", "buffer", "i32", "u64", "u64"],
    result: "i32",
  },
  nvrtcCompileProgram: { parameters: ["u64", "i32", "buffer"], result: "i32" },
  nvrtcGetProgramLogSize: { parameters: ["u64", "buffer"], result: "i32" },
  nvrtcGetProgramLog: { parameters: ["u64", "buffer"], result: "i32" },
  nvrtcGetCUBINSize: { parameters: ["u64", "buffer"], result: "i32" },
  nvrtcGetCUBIN: { parameters: ["u64", "buffer"], result: "i32" },
} as const;

/** What the driver's functions are called with; 0 is success. */
const DRIVER = {
  cuModuleLoadData: { parameters: ["buffer", "buffer"], result: "i32" },
  cuModuleGetFunction: {
    parameters: ["buffer", "u64", "buffer"],
    result: "i32",
  },
  cuLaunchKernel: {
    parameters: [
      ...(["u64", "u32", "u32", "u32", "u32", "u32", "u32"] as const),
      ...(["u32", "u64", "buffer", "u64"] as const),
    ],
    result: "i32",
  },
} as const;

/** Starts a kernel; addresses and whole numbers below 2^31 are its arguments. */
export type CudaKernel = (
  grid: readonly [x: number, y: number],
  threads: number,
  values: readonly (number | bigint)[],
) => void;

/** A kernel as text. */
export interface CudaSource {
  /** CUDA C++. */
  readonly text: string;
  /** Its name, with C's linkage. */
  readonly name: string;
}

/**
 * Compiles a kernel for the GPU that libtorch computes on.
 *
 * @param source The kernel.
 * @param options The folder of libtorch's libraries, the GPU's compute capability, such
 * as 8.6, and for tests another driver.
 * @returns Starts it on the stream that libtorch computes on; what it is given must
 * be on the GPU.
 * @throws {RangeError} If there is no NVRTC, or it or the driver refuses.
 */
export function compileCuda(
  { text, name }: CudaSource,
  { folder, capability, driver = "libcuda.so.1" }: {
    readonly folder: string;
    readonly capability: number;
    readonly driver?: string;
  },
): CudaKernel {
  const gpu = openLibrary(driver, DRIVER) as Functions<keyof typeof DRIVER>;
  const image = compiled(openCompiler(folder), text, capability);
  const word = new BigUint64Array(new ArrayBuffer(8));
  check("load", gpu.cuModuleLoadData(word, image));
  const found = gpu.cuModuleGetFunction(word, word[0]!, cText(name));
  check(`find ${name} of`, found);
  return starterOf(gpu, word[0]!);
}

/** The functions of a library that has them all. */
type Functions<Name extends string> = Readonly<Record<Name, LibraryFunction>>;

/** Refuses any code but success. */
function check(what: string, code: number | bigint, more = ""): void {
  if (Number(code) === 0) return;
  throw new RangeError(
    `Cannot ${what} a CUDA kernel: expected code 0, got ${code}${more}`,
  );
}

/** A text that ends with a zero byte. */
function cText(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** Opens the first NVRTC that can be opened. */
function openCompiler(folder: string): Functions<keyof typeof COMPILER> {
  const places = [
    ...companionsOf(folder, ["libnvrtc.so", "libnvrtc-"]),
    ...["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"],
    "/usr/local/cuda/lib64/libnvrtc.so",
  ];
  for (const place of places) {
    try {
      return openLibrary(place, COMPILER) as Functions<keyof typeof COMPILER>;
    } catch {
      // the next one
    }
  }
  throw new RangeError(
    `Cannot compile a CUDA kernel: expected NVRTC, got none in ${
      places.join(", ")
    }`,
  );
}

/** Machine code of a program. */
function compiled(
  nvrtc: Functions<keyof typeof COMPILER>,
  text: string,
  capability: number,
): Uint8Array {
  const word = new BigUint64Array(new ArrayBuffer(8));
  const make = nvrtc.nvrtcCreateProgram(
    ...[word, cText(text), cText("kernel.cu"), 0, 0n, 0n],
  );
  check("prepare", make);
  const program = word[0]!;
  const options = [
    `--gpu-architecture=sm_${Math.round(10 * capability)}`,
    "--std=c++17",
  ];
  const texts = options.map(cText);
  const list = BigUint64Array.from(texts, ({ buffer }) => addressOf(buffer));
  const code = nvrtc.nvrtcCompileProgram(program, texts.length, list);
  const bytes = (what: "CUBIN" | "ProgramLog"): Uint8Array<ArrayBuffer> => {
    check("read", nvrtc[`nvrtcGet${what}Size`](program, word));
    const read = new Uint8Array(new ArrayBuffer(Number(word[0]!) + 1));
    check("read", nvrtc[`nvrtcGet${what}`](program, read));
    return read;
  };
  if (Number(code) !== 0) {
    const log = new TextDecoder().decode(bytes("ProgramLog"));
    check("compile", code, `: ${log.split("\n")[0]}`);
  }
  return bytes("CUBIN");
}

/** Starts a function of the GPU. */
function starterOf(
  gpu: Functions<keyof typeof DRIVER>,
  kernel: bigint,
): CudaKernel {
  const values = new BigUint64Array(new ArrayBuffer(8 * 16));
  const places = BigUint64Array.from(
    values,
    (_, i) => addressOf(values.buffer) + BigInt(8 * i),
  );
  return ([x, y], threads, given) => {
    given.forEach((value, i) => values[i] = BigInt(value));
    const code = gpu.cuLaunchKernel(
      ...[kernel, x, y, 1, threads, 1, 1],
      ...[0, 0n, places, 0n],
    );
    check("start", code);
  };
}
