import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { tf } from "../tensor.ts";
import { unsortedSegmentSum } from "./unsorted_segment_sum.ts";

/** One file of the package; its folder is where the others are looked for. */
const BINARY = "tfjs-backend-wasm-simd.wasm";

let registered = false;

/**
 * Prepares TensorFlow.js's own WebAssembly backend under the name `wasm`.
 *
 * It runs on one thread: the package's threads need a browser. It lacks
 * UnsortedSegmentSum, the gradient of gather, which is added here.
 *
 * @returns What it runs on.
 */
export function register(): Promise<{ device: string }> {
  if (!registered) {
    setWasmPaths(folderOfBinaries());
    tf.registerKernel({
      kernelName: "UnsortedSegmentSum",
      backendName: "wasm",
      kernelFunc: unsortedSegmentSum,
    });
    registered = true;
  }
  return Promise.resolve({ device: "WebAssembly, one thread" });
}

/** The package's folder of binaries as a path, with a slash at the end. */
function folderOfBinaries(): string {
  const url = import.meta.resolve(
    `@tensorflow/tfjs-backend-wasm/dist/${BINARY}`,
  );
  // On Windows the path of a file URL has a slash before the drive.
  const path = decodeURIComponent(new URL(url).pathname)
    .replace(/^\/(?=[A-Za-z]:\/)/, "");
  return path.slice(0, -BINARY.length);
}
