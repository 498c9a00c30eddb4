import type { tf } from "../tensor.ts";
import {
  webgpu_util,
  type WebGPUBackend,
} from "@tensorflow/tfjs-backend-webgpu";

/** A program in WGSL, in the form that TensorFlow.js's WebGPU backend takes. */
export interface Program {
  /** Its name among all programs; programs of one name have one code. */
  readonly key: string;
  /** Arrays it reads, by its own names. */
  readonly inputs: readonly string[];
  /** Numbers that each array is read by at a time, 1 or 4; absent for 1. */
  readonly lanes?: readonly number[];
  /** Numbers that it writes at a time. Default 1. */
  readonly outputLanes?: number;
  /** Threads of a workgroup. Default 64. */
  readonly workgroup?: number | undefined;
  /** The numbers it is told, as members of a structure. */
  readonly uniforms: string;
  /** WGSL with a function `main`, given an index among all threads. */
  readonly code: string;
}

/** What a program is run on. */
export interface Run {
  /** The arrays, in the program's order. */
  readonly inputs: readonly tf.TensorInfo[];
  /** What is made: new, or a tensor that is there already. */
  readonly output: Pick<tf.TensorInfo, "shape" | "dtype"> | tf.TensorInfo;
  /** How many threads; there may be more, of higher indices. */
  readonly threads: number;
  /** The numbers, in the order of the program's structure. */
  readonly numbers: readonly number[];
  /** What they are. */
  readonly kind: "int32" | "float32";
}

/**
 * Runs a program.
 *
 * @param backend Where.
 * @param program What.
 * @param run On what.
 * @returns What it made.
 */
export function runProgram(
  backend: WebGPUBackend,
  program: Program,
  { inputs, output, threads, numbers, kind }: Run,
): tf.TensorInfo {
  const { key, lanes, outputLanes = 1, workgroup = 64, code } = program;
  const workgroupSize: [number, number, number] = [workgroup, 1, 1];
  const dispatchLayout = { x: [0] };
  const theirs = {
    variableNames: [...program.inputs],
    variableComponents: program.inputs.map((_, i) => lanes?.[i] ?? 1),
    outputComponent: outputLanes,
    outputShape: output.shape,
    dispatchLayout,
    dispatch: webgpu_util.computeDispatch(
      dispatchLayout,
      [threads],
      workgroupSize,
    ),
    workgroupSize,
    shaderKey: key,
    uniforms: program.uniforms,
    getUserCode: () => code,
  };
  return backend.runWebGPUProgram(
    theirs,
    [...inputs],
    output.dtype,
    numbers.map((number) => ({ type: kind, data: [number] })),
    "dataId" in output ? output : undefined,
  );
}
