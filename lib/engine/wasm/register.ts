import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { tf } from "../tensor.ts";
import { folderOfBinaries } from "./files.ts";
import { unsortedSegmentSum } from "./unsorted_segment_sum.ts";

let registered = false;

/**
 * Prepares TensorFlow.js's own WebAssembly backend under the name `wasm`.
 *
 * It runs on one thread: the package's threads need a browser. It lacks
 * UnsortedSegmentSum, the gradient of gather, which is added here.
 *
 * @returns What it runs on.
 * @throws {RangeError} If its binaries may not be read.
 */
// deno-lint-ignore require-await -- so that what it throws is a rejection
export async function register(): Promise<{ device: string }> {
  if (!registered) {
    setWasmPaths(folderOfBinaries());
    tf.registerKernel({
      kernelName: "UnsortedSegmentSum",
      backendName: "wasm",
      kernelFunc: unsortedSegmentSum,
    });
    registered = true;
  }
  return { device: "WebAssembly, one thread" };
}
