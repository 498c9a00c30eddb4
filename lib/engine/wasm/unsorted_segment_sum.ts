import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { tf } from "../tensor.ts";

/** Rows of `x` summed by segment, `[numSegments, ...]`; rows of segment -1 are left out. */
export const unsortedSegmentSum: tf.KernelFunc = (
  { inputs, attrs, backend },
) => {
  const wasm = backend as BackendWasm;
  const x = inputs["x"]!;
  const numSegments = attrs!["numSegments"] as number;
  const rows = inputs["segmentIds"]!.shape[0]!;
  const shape = [numSegments, ...x.shape.slice(1)];
  const output = wasm.makeOutput(shape, x.dtype);
  const source = wasm.typedArrayFromHeap(x as tf.Tensor) as Float32Array;
  const segments = wasm.typedArrayFromHeap(
    inputs["segmentIds"] as tf.Tensor,
  ) as Int32Array;
  const target = wasm.typedArrayFromHeap(output as tf.Tensor) as Float32Array;
  const width = rows === 0 ? 0 : source.length / rows;
  target.fill(0);
  for (let row = 0; row < rows; row++) {
    const segment = segments[row]!;
    if (segment < 0 || segment >= numSegments) continue;
    for (let i = 0; i < width; i++) {
      target[segment * width + i]! += source[row * width + i]!;
    }
  }
  return output;
};
