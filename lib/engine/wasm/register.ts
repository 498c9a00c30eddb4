import { type BackendWasm, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { tf } from "../tensor.ts";
import { folderOfBinaries } from "./files.ts";
import { unsortedSegmentSum } from "./unsorted_segment_sum.ts";

/** The backend's name, the package's own. */
const NAME = "wasm";

let registered = false;

/**
 * Prepares TensorFlow.js's own WebAssembly backend under the name `wasm`.
 *
 * It runs on one thread: the package's threads need a browser. It lacks
 * UnsortedSegmentSum, the gradient of gather, which is added here, and it takes
 * no notice when there is no memory for a tensor, which is made an error.
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
      backendName: NAME,
      kernelFunc: unsortedSegmentSum,
    });
    const make = tf.findBackendFactory(NAME);
    tf.removeBackend(NAME);
    tf.registerBackend(
      NAME,
      async () => withinItsMemory(await make() as BackendWasm),
    );
    registered = true;
  }
  return { device: "WebAssembly, one thread" };
}

/** Addresses of WebAssembly have 32 bits; of a larger number it would take the rest. */
const MOST_BYTES = 2 ** 32 - 1;

/** What the package does not declare of its module. */
interface Allocator {
  _malloc: (bytes: number) => number;
  readonly _free: (address: number) => void;
}

/**
 * Makes an allocation that is refused an error: the package would write from
 * address 0 on, over whatever is there.
 */
function withinItsMemory(backend: BackendWasm): BackendWasm {
  const wasm = backend.wasm as unknown as Allocator;
  // The first call puts the function itself in its own place.
  wasm._free(wasm._malloc(1));
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = bytes > MOST_BYTES ? 0 : allocate(bytes);
    if (address !== 0 || bytes === 0) return address;
    throw new RangeError(
      `Cannot make a tensor on engine wasm: expected ${bytes} bytes of memory, got none`,
    );
  };
  return backend;
}
