/**
 * Finds and opens ONNX Runtime's own shared library, the one inside the npm
 * package `onnxruntime-node`.
 *
 * @module
 */
import {
  type Address,
  callExport,
  environmentVariable,
  functionAt,
  isForeignAllowed,
  isReadAllowed,
  platform,
  pointerAt,
  textAt,
} from "../foreign.ts";
import { PROGRAM } from "./team.ts";

/** The version of the function table that we ask for; it only ever grows. */
const API_VERSION = 23;

const FILES: Readonly<Record<string, string>> = {
  "linux x86_64": "linux/x64/libonnxruntime.so.1",
  "linux aarch64": "linux/arm64/libonnxruntime.so.1",
  "darwin aarch64": "darwin/arm64/libonnxruntime.1.dylib",
  "windows x86_64": "win32/x64/onnxruntime.dll",
  "windows aarch64": "win32/arm64/onnxruntime.dll",
};

/** ONNX Runtime, opened. */
export interface OnnxLibrary {
  /** Where its function table starts: 8 bytes an entry. */
  readonly table: Address;
  /** The library's own version, such as `1.30.0`. */
  readonly version: string;
}

/** The error of an engine that cannot be opened. */
function cannot(expected: string, got: string): Error {
  return new Deno.errors.NotFound(
    `Cannot load the onnx engine: expected ${expected}, got ${got}`,
  );
}

/**
 * Opens ONNX Runtime.
 *
 * The environment variable `ONNXRUNTIME_LIBRARY` names another library file.
 *
 * @param options.path A library file to open instead of the package's.
 * @returns The library, its function table and version.
 * @throws {Deno.errors.NotFound} If foreign calls are not allowed, this
 * platform has no library, the file is missing, or it is too old.
 */
export async function openOnnxLibrary(
  { path = environmentVariable("ONNXRUNTIME_LIBRARY") }: {
    readonly path?: string | undefined;
  } = {},
): Promise<OnnxLibrary> {
  const file = path ?? await packagedLibrary();
  if (!isForeignAllowed(file)) {
    throw cannot(
      "permission to call foreign code (--allow-ffi)",
      `none for ${file}`,
    );
  }
  if (!isReadAllowed(PROGRAM)) {
    throw cannot("permission to read (--allow-read)", `none for ${PROGRAM}`);
  }
  return readTable(file, openTable(file));
}

/** The URL of the library inside the npm package. */
async function packagedLibrary(): Promise<URL> {
  const { os, arch } = platform();
  const file = FILES[`${os} ${arch}`];
  if (file === undefined) {
    throw cannot(
      `one of ${Object.keys(FILES).join(", ")}, or ONNXRUNTIME_LIBRARY`,
      `${os} ${arch}`,
    );
  }
  try {
    // The import makes Deno put the package into its cache.
    await import("onnxruntime-node/package.json", { with: { type: "json" } });
    return new URL(import.meta.resolve(`onnxruntime-node/bin/napi-v6/${file}`));
  } catch (error) {
    throw cannot("the npm package onnxruntime-node", (error as Error).message);
  }
}

/** Opens the file and returns where its base table is. */
function openTable(file: string | URL): Address {
  try {
    return callExport(file, "OrtGetApiBase");
  } catch (error) {
    throw cannot(
      "a loadable ONNX Runtime library (install the npm package " +
        "onnxruntime-node, or name a file in ONNXRUNTIME_LIBRARY)",
      (error as Error).message,
    );
  }
}

/** Asks the base table for the version that we were written for. */
function readTable(file: string | URL, base: Address): OnnxLibrary {
  const version = textAt(functionAt(pointerAt(base + 8n), [])());
  const table = functionAt(pointerAt(base), ["u32"])(API_VERSION);
  if (table === 0n) {
    throw cannot(
      `ONNX Runtime with API version ${API_VERSION} or newer`,
      `version ${version} in ${file}`,
    );
  }
  return { table, version };
}
