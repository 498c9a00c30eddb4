/**
 * Opens libtorch and checks that it speaks the stable C ABI of 2.10 or newer.
 *
 * @module
 */
import {
  type ForeignSignature,
  type ForeignType,
  isForeignAllowed,
  type LibraryFunction,
  openLibrary,
  platform,
} from "../foreign.ts";
import { keepMemory } from "../keep_memory.ts";
import {
  type FindOptions,
  findTorch,
  type FoundTorch,
} from "./find_library.ts";
import { type Gpu, openGpu } from "./gpu.ts";
import { type InOrder, inOrderBy } from "./in_order.ts";
import { type Told, toldBy } from "./told.ts";

/** Declares a function that returns a status, 0 for success. */
function status(...parameters: ForeignType[]): ForeignSignature {
  return { parameters, result: "i32" };
}

/** What every libtorch from 2.10 on has. */
const FUNCTIONS = {
  torch_call_dispatcher: status("buffer", "buffer", "buffer", "u64"),
  torch_get_num_threads: status("buffer"),
  torch_new_list_reserve_size: status("u64", "buffer"),
  torch_list_push_back: status("u64", "u64"),
  torch_new_string_handle: status("buffer", "u64", "buffer"),
  aoti_torch_new_tensor_handle: status("u64", "buffer"),
  aoti_torch_delete_tensor_object: status("u64"),
  aoti_torch_get_data_ptr: status("u64", "buffer"),
  aoti_torch_get_storage_offset: status("u64", "buffer"),
  aoti_torch_get_storage_size: status("u64", "buffer"),
  aoti_torch_get_dtype: status("u64", "buffer"),
  aoti_torch_is_contiguous: status("u64", "buffer"),
  aoti_torch_get_size: status("u64", "i64", "buffer"),
  aoti_torch_scalar_to_tensor_float32: status("f32", "buffer"),
  aoti_torch_scalar_to_tensor_int64: status("i64", "buffer"),
  aoti_torch_empty_strided: status(
    ...(["i64", "buffer", "buffer", "i32", "i32", "i32", "buffer"] as const),
  ),
  aoti_torch_create_tensor_from_blob: status(
    ...(["u64", "i64", "buffer", "buffer", "i64"] as const),
    ...(["i32", "i32", "i32", "buffer"] as const),
  ),
  aoti_torch_cpu_add_Tensor: status("u64", "u64", "f64", "buffer"),
  aoti_torch_cpu_addmm_out: status(
    ...(["u64", "u64", "u64", "u64", "f64", "f64"] as const),
  ),
  aoti_torch_grad_mode_set_enabled: { parameters: ["bool"], result: "void" },
} as const satisfies Record<string, ForeignSignature>;

/** What came later than 2.10. */
const LATER = {
  torch_new_stable_ivalue: { ...status("buffer"), optional: true },
  torch_exception_get_what_without_backtrace: {
    parameters: [],
    result: "u64",
    optional: true,
  },
} as const satisfies Record<string, ForeignSignature>;

/** What tells a libtorch and its age. */
const AGE = {
  aoti_torch_abi_version: { parameters: [], result: "u64", optional: true },
  torch_call_dispatcher: { ...FUNCTIONS.torch_call_dispatcher, optional: true },
} as const satisfies Record<string, ForeignSignature>;

/** The functions, by name. */
export type TorchFunctions =
  & Readonly<Record<keyof typeof FUNCTIONS, LibraryFunction>>
  & Readonly<Record<keyof typeof LATER, LibraryFunction | undefined>>;

/** An opened libtorch. */
export interface TorchLibrary {
  /** Its functions. */
  readonly functions: TorchFunctions;
  /** Its number, as the dispatcher wants it. */
  readonly abi: bigint;
  /** The same for people, such as `2.15.0`. */
  readonly version: string;
  /** Where it was found. */
  readonly found: FoundTorch;
  /** The GPU, or why none is used. */
  readonly gpu: Gpu;
  /** Whether the processor multiplies matrices in bf16 faster than in 32 bits: with AMX. */
  readonly hasMatrixUnit: boolean;
  /** Memory for one argument that libtorch frees, for those before 2.13. */
  readonly newWord: LibraryFunction | undefined;
  /** What it says of its last error. */
  readonly told: Told;
  /** Computes with sums that are added in one order. */
  readonly inOrder: InOrder;
}

/** What libtorch reads when it is loaded, where the user has not set it. */
const USUAL: Readonly<Record<string, string>> = {
  // Threads that wait keep their core busy for some microseconds only: beside
  // other work on the same cores long waiting doubles the time of a step.
  GOMP_SPINCOUNT: "10000",
};

/** The backend keeps long tensors in slabs, which are longer than this: 32 MB. */
const MAP_FROM = 2 ** 25;

/** What people can do about it. */
const ADVICE =
  "run `deno task engine install torch`, or name the folder of an installed libtorch or PyTorch in LIBTORCH";

/** The error of an engine that cannot be opened. */
function cannot(expected: string, got: string): Error {
  return new Deno.errors.NotFound(
    `Cannot load the torch engine: expected ${expected}, got ${got}`,
  );
}

/** Where and how to open libtorch. */
export interface OpenOptions extends FindOptions {
  /** Environment to set before it is loaded, where that is allowed. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Opens libtorch and, where there are a GPU and its driver, its CUDA part.
 *
 * @param options Other places, and environment variables it reads at loading.
 * @returns The opened library.
 * @throws {Deno.errors.NotFound} If foreign calls are not allowed, there is no
 * libtorch, it cannot be loaded, or it is older than 2.10.
 */
export async function openTorch(
  options: OpenOptions = {},
): Promise<TorchLibrary> {
  const { found, tried } = await findTorch(options);
  const { state } = Deno.permissions.querySync({ name: "ffi" });
  if (state !== "granted" && !(found && isForeignAllowed(found.library))) {
    throw cannot("permission to call foreign code (--allow-ffi)", "none");
  }
  if (found === undefined) {
    throw cannot(
      `libtorch 2.10 or newer (${ADVICE})`,
      `none: ${tried.join("; ")}`,
    );
  }
  setEnvironment(options.environment ?? {});
  keepMemory({ mapFrom: MAP_FROM });
  loadWith(found);
  const functions = { ...FUNCTIONS, ...LATER };
  const age = ageOf(found);
  const opened = openLibrary(found.library, functions) as TorchFunctions;
  const word = opened.torch_new_stable_ivalue ? undefined : newWord();
  return {
    functions: opened,
    ...age,
    found,
    gpu: openGpu(found.folder),
    hasMatrixUnit: hasMatrixUnit(),
    newWord: word,
    told: toldBy(opened, word),
    inOrder: inOrderBy(found.library),
  };
}

/** The version of a libtorch, refused where its C interface is not yet stable. */
function ageOf(found: FoundTorch): { abi: bigint; version: string } {
  const age = openLibrary(found.library, AGE);
  const abi = BigInt(age.aoti_torch_abi_version?.() ?? 0);
  const version = [56n, 48n, 40n].map((bits) => (abi >> bits) & 0xffn).join(
    ".",
  );
  if (age.torch_call_dispatcher === undefined) {
    throw cannot(
      `libtorch 2.10 or newer, whose C interface is stable (${ADVICE})`,
      `${abi === 0n ? "an older one" : version} in ${found.folder}`,
    );
  }
  return { abi, version };
}

/** Sets what libtorch reads when it is loaded; left out where not allowed. */
function setEnvironment(asked: Readonly<Record<string, string>>): void {
  for (const [variable, value] of Object.entries({ ...USUAL, ...asked })) {
    const { state } = Deno.permissions.querySync({ name: "env", variable });
    if (state !== "granted") continue;
    if (variable in asked || !Deno.env.has(variable)) {
      Deno.env.set(variable, value);
    }
  }
}

/**
 * Loads libtorch; where its own list of folders does not lead to what it needs,
 * that is loaded first from beside it and from the nvidia packages.
 */
function loadWith({ folder, library }: FoundTorch): void {
  try {
    openLibrary(library, {});
    return;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw cannot(
        "permission to call foreign code (--allow-ffi)",
        `none for ${library}`,
      );
    }
  }
  for (const companion of companionsOf(folder, NEEDED)) {
    try {
      openLibrary(companion, {});
    } catch {
      // Whether it was needed shows in the next line.
    }
  }
  try {
    openLibrary(library, {});
  } catch (error) {
    throw cannot(
      `a loadable libtorch (${ADVICE})`,
      (error as Error).message.split("\n")[0]!,
    );
  }
}

/** How the names of libraries begin that libtorch may need, in the order of need. */
const NEEDED = ["libcudart.so.", "libcupti.so.", "libgomp.so.", "libc10.so"];

/**
 * Libraries that were installed with libtorch, beside it or in packages of NVIDIA.
 *
 * @param folder Where libtorch's libraries are.
 * @param starts How their names begin.
 * @returns Their paths, by the order of `starts`.
 */
export function companionsOf(
  folder: string,
  starts: readonly string[],
): string[] {
  const packages = `${folder}/../../nvidia`;
  const folders = [
    folder,
    ...names(packages).map((name) => `${packages}/${name}/lib`),
  ];
  return starts.flatMap((start) =>
    folders.flatMap((place) =>
      names(place).filter((name) => name.startsWith(start))
        .map((name) => `${place}/${name}`)
    )
  );
}

/** What is in a folder; nothing where there is none. */
function names(folder: string): string[] {
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
  } catch {
    return [];
  }
}

/**
 * Whether the processor has AMX for bf16. Without it libtorch's products in bf16
 * take twice as long as those in 32 bits, also with AVX-512: there `vdpbf16ps` does
 * half as many operations a second as a multiplication and addition in 32 bits
 * (measured 86 and 177 GFLOP/s of a Xeon's core, and 80 and 148 of libtorch's products).
 */
function hasMatrixUnit(): boolean {
  try {
    return Deno.readTextFileSync("/proc/cpuinfo").includes("amx_bf16");
  } catch {
    return false;
  }
}

/** The allocator whose memory libtorch gives back with `delete`. */
function newWord(): LibraryFunction | undefined {
  const library = platform().os === "darwin"
    ? "/usr/lib/libc++.1.dylib"
    : "libstdc++.so.6";
  return openLibrary(library, {
    _Znwm: { parameters: ["u64"], result: "u64", optional: true },
  })._Znwm;
}
