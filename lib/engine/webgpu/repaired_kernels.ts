/**
 * Kernels of `@tensorflow/tfjs-backend-webgpu` 4.22 that give something else than the
 * package's other backends do, put right around the package's own.
 *
 * @module
 */
import { tf } from "../tensor.ts";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";

/** A kernel, and the package's own under the same name. */
type Repair = (own: tf.KernelFunc) => tf.KernelFunc;

/** Most axes that the package's program for padding is written for. */
const PAD_RANK = 4;

/**
 * `PadV2` of more than four axes: the package's program compares structures, which
 * WGSL refuses. Here one axis after another is padded, as the middle one of three.
 */
const padAnyRank: Repair = (own) => (call) => {
  const { x } = call.inputs as { x: tf.TensorInfo };
  if (x.shape.length <= PAD_RANK) return own(call);
  const backend = call.backend as WebGPUBackend;
  const { paddings, constantValue } = call.attrs as unknown as {
    paddings: [number, number][];
    constantValue: number;
  };
  const shape = [...x.shape];
  let data = x;
  for (const [axis, padding] of paddings.entries()) {
    if (padding[0] === 0 && padding[1] === 0) continue;
    const before = tf.util.sizeFromShape(shape.slice(0, axis));
    const after = tf.util.sizeFromShape(shape.slice(axis + 1));
    const padded = own({
      inputs: { x: { ...data, shape: [before, shape[axis]!, after] } },
      attrs: { paddings: [[0, 0], padding, [0, 0]], constantValue },
      backend,
    }) as tf.TensorInfo;
    if (data !== x) backend.disposeData(data.dataId);
    data = padded;
    shape[axis]! += padding[0] + padding[1];
  }
  if (data === x) backend.incRef(x.dataId);
  return { ...data, shape };
};

/** `Prod` with `keepDims`: the package forgets the axes that are kept. */
const keepAxesOfProd: Repair = (own) => (call) => {
  const { x } = call.inputs as { x: tf.TensorInfo };
  const { axis, keepDims } = call.attrs as unknown as {
    axis: number | number[];
    keepDims: boolean;
  };
  const product = own(call) as tf.TensorInfo;
  if (!keepDims) return product;
  const axes = tf.util.parseAxisParam(axis, x.shape);
  return {
    ...product,
    shape: x.shape.map((length, i) => axes.includes(i) ? 1 : length),
  };
};

const REPAIRS: Readonly<Record<string, Repair>> = {
  PadV2: padAnyRank,
  Prod: keepAxesOfProd,
};

/**
 * Puts the repaired kernels in the place of the package's.
 *
 * @param backendName The package's name for its backend.
 */
export function repairKernels(backendName: string): void {
  for (const [kernelName, repair] of Object.entries(REPAIRS)) {
    const { kernelFunc } = tf.getKernel(kernelName, backendName);
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: repair(kernelFunc),
    });
  }
}
