import type { Precision } from "./precision.ts";
import { tf } from "./tensor.ts";

/** The engines that exist. */
export type EngineName =
  | "onnx"
  | "torch"
  | "wasm"
  | "reference"
  | "tensorflow"
  | "webgpu";

/** Settings of {@linkcode useEngine}. */
export interface UseEngineOptions {
  /** Threads for matrix products; absent for as many as there are cores. */
  readonly threads?: number | undefined;
  /** Storage of activations. Default `fp32`. */
  readonly precision?: Precision | undefined;
}

/** The engine that was taken. */
export interface EngineInUse {
  /** Its name. */
  readonly name: EngineName;
  /** One line for each engine that was passed over. */
  readonly why: readonly string[];
  /** What it runs on, for people. */
  readonly device: string;
}

/** What an engine's folder exports from its `register.ts`. */
export interface EngineModule {
  /**
   * Registers the backend, under the folder's name, and its kernels. Called again,
   * it changes nothing.
   */
  register(options?: UseEngineOptions): Promise<{ readonly device: string }>;
}

/** What engines offer besides `fp32`. */
const PRECISIONS: Partial<Record<EngineName, readonly Precision[]>> = {
  torch: ["fp32", "tf32", "bf16"],
};

/** In the order of `auto` on a processor, then those taken by name only; each is loaded only when it is asked for. */
const ENGINES: Readonly<Record<EngineName, () => Promise<EngineModule>>> = {
  onnx: () => import("./onnx/register.ts"),
  torch: () => import("./torch/register.ts"),
  wasm: () => import("./wasm/register.ts"),
  reference: () => import("./reference/register.ts"),
  tensorflow: () => import("./tensorflow/register.ts"),
  webgpu: () => import("./webgpu/register.ts"),
};

/** What `auto` leaves alone: not known to be faster, and where it is on the processor, slower. */
export const BY_NAME_ONLY: readonly EngineName[] = ["tensorflow", "webgpu"];

/**
 * Chooses what computes from now on.
 *
 * `auto` takes the first of `onnx`, `torch`, `wasm` and `reference` that works
 * here, but `torch` before the others where there is a GPU or another precision
 * than fp32 is asked for, and says why it passed the others over; `tensorflow`
 * and `webgpu` are taken by name only.
 * A named engine is taken or is an error.
 * Tensors made before stay with the engine that made them.
 *
 * @param name An engine's name, or `auto`.
 * @param options Threads and precision.
 * @returns The engine taken.
 * @throws {RangeError} If the name is unknown, or the engine named does not work here.
 *
 * @example Usage
 * ```ts
 * import { useEngine } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals((await useEngine("reference")).name, "reference");
 * ```
 */
export async function useEngine(
  name: EngineName | "auto",
  options: UseEngineOptions = {},
): Promise<EngineInUse> {
  const wanted = name === "auto"
    ? await candidates(options.precision)
    : [checked(name)];
  const why: string[] = [];
  for (const candidate of wanted) {
    try {
      checkPrecision(candidate, options.precision);
      const { register } = await ENGINES[candidate]();
      const { device } = await register(options);
      if (!await tf.setBackend(candidate)) throw new RangeError("it refused");
      return { name: candidate, why, device };
    } catch (error) {
      why.push(`${candidate}: ${reason(error)}`);
    }
  }
  throw new RangeError(
    `Cannot use engine ${name}: expected one that works here, got ${
      why.join("; ")
    }`,
  );
}

/**
 * Lists the engines in the order of `auto` on a processor, then those that it
 * leaves alone.
 *
 * @returns Their names.
 *
 * @example Usage
 * ```ts
 * import { engineNames } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(engineNames().slice(0, 4), ["onnx", "torch", "wasm", "reference"]);
 * ```
 */
export function engineNames(): EngineName[] {
  return Object.keys(ENGINES) as EngineName[];
}

/** What `auto` tries, in order. */
async function candidates(
  precision: Precision = "fp32",
): Promise<EngineName[]> {
  const names = engineNames().filter((one) => !BY_NAME_ONLY.includes(one));
  const { gpuName } = await import("./torch/gpu.ts");
  if (precision === "fp32" && gpuName() === undefined) return names;
  return ["torch", ...names.filter((one) => one !== "torch")];
}

/** Refuses a name no engine has. */
function checked(name: EngineName): EngineName {
  if (Object.hasOwn(ENGINES, name)) return name;
  throw new RangeError(
    `Cannot use an engine: expected auto, ${
      engineNames().join(", ")
    }, got ${name}`,
  );
}

/** Refuses a precision that an engine does not have. */
function checkPrecision(name: EngineName, precision: Precision = "fp32") {
  const offered = PRECISIONS[name] ?? ["fp32"];
  if (offered.includes(precision)) return;
  throw new RangeError(
    `Cannot compute in ${precision} on engine ${name}: expected ${
      offered.join(", ")
    }`,
  );
}

/** The first line of whatever went wrong. */
function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0]!;
}
