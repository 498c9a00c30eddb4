/** One file of the package; its folder is where the others are looked for. */
const BINARY = "tfjs-backend-wasm-simd.wasm";

/**
 * Finds the binaries of the WebAssembly package.
 *
 * @returns Their folder as a path, with a slash at the end.
 * @throws {RangeError} If they may not be read; nobody is asked.
 */
export function folderOfBinaries(): string {
  const url = import.meta.resolve(
    `@tensorflow/tfjs-backend-wasm/dist/${BINARY}`,
  );
  // On Windows the path of a file URL has a slash before the drive.
  const path = decodeURIComponent(new URL(url).pathname)
    .replace(/^\/(?=[A-Za-z]:\/)/, "");
  const { state } = Deno.permissions.querySync({ name: "read", path });
  if (state !== "granted") {
    throw new RangeError(
      "Cannot load the wasm engine: expected permission to read its package (--allow-read), got none",
    );
  }
  return path.slice(0, -BINARY.length);
}
