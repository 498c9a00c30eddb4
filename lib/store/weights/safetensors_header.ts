import { repeatedKey } from "../repeated_key.ts";

/** Bytes of one element, by the name safetensors gives the type. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
};

/** Longest header read, in bytes: the limit of the reference reader. */
const LONGEST_HEADER = 100_000_000;

/** One tensor as the header describes it. */
export interface SafetensorsEntry {
  /** Element type as the file names it: `F32`, `F16`, `BF16`, `F64`, `I64`, ... */
  readonly dtype: string;
  /** Sizes, outermost first; empty for a scalar. */
  readonly shape: readonly number[];
  /** First byte, counted from the end of the header. */
  readonly begin: number;
  /** One past the last byte, counted from the end of the header. */
  readonly end: number;
}

/** A safetensors header that has passed every check. */
export interface SafetensorsHeader {
  /** Tensors by name, in the order of their bytes. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  /** Free text pairs, for example `format: pt`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Checks the first 8 bytes of a safetensors file: the length of the header.
 *
 * @param prefix The first 8 bytes, or fewer where the file is shorter.
 * @param options Size of the whole file in bytes, and its name for errors.
 * @returns Length of the header that follows, in bytes.
 * @throws {SyntaxError} If the file cannot hold such a header.
 *
 * @example Usage
 * ```ts
 * import { safetensorsHeaderLength } from "#lib/store/weights/safetensors_header.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const prefix = Uint8Array.of(16, 0, 0, 0, 0, 0, 0, 0);
 * assertEquals(safetensorsHeaderLength(prefix, { fileBytes: 24, file: "a.safetensors" }), 16);
 * ```
 */
export function safetensorsHeaderLength(
  prefix: Uint8Array,
  { fileBytes, file }: { readonly fileBytes: number; readonly file: string },
): number {
  if (prefix.length < 8) {
    throw refuse(file, "at least 8 bytes", `${fileBytes} bytes`);
  }
  const view = new DataView(prefix.buffer, prefix.byteOffset, 8);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(LONGEST_HEADER)) {
    throw refuse(
      file,
      `a header of at most ${LONGEST_HEADER} bytes`,
      `a header of ${length} bytes`,
    );
  }
  if (Number(length) > fileBytes - 8) {
    throw refuse(
      file,
      `at least ${8 + Number(length)} bytes, as its header length says`,
      `${fileBytes} bytes (truncated?)`,
    );
  }
  return Number(length);
}

/**
 * Reads the JSON header of a safetensors file as hostile input.
 *
 * Every name is unique and plain, every shape is made of whole numbers that
 * are not negative, every tensor has exactly the bytes its shape asks for, and
 * the tensors cover the data without gap, overlap or remainder.
 *
 * Source: the safetensors format description, `huggingface/safetensors`.
 *
 * @param bytes The header without its 8-byte length.
 * @param options Bytes that follow the header, and the file's name for errors.
 * @returns Tensors by name and the metadata.
 * @throws {SyntaxError} If anything of the above fails.
 *
 * @example Usage
 * ```ts
 * import { parseSafetensorsHeader } from "#lib/store/weights/safetensors_header.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const text = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
 * const { entries } = parseSafetensorsHeader(new TextEncoder().encode(text), {
 *   dataBytes: 8,
 *   file: "a.safetensors",
 * });
 * assertEquals(entries.get("a")?.shape, [2]);
 * ```
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  { dataBytes, file }: { readonly dataBytes: number; readonly file: string },
): SafetensorsHeader {
  const { __metadata__: metadata = {}, ...tensors } = headerObject(bytes, file);
  const entries = Object.entries(tensors).map(([name, value]) =>
    [name, headerEntry(name, value, file)] as const
  );
  entries.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, dataBytes, file);
  return {
    entries: new Map(entries),
    metadata: headerMetadata(metadata, file),
  };
}

/** Decodes the header to an object with unique, plain keys. */
function headerObject(
  bytes: Uint8Array,
  file: string,
): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(file, "a JSON header", (error as Error).message.slice(0, 120));
  }
  if (!isObject(value)) {
    throw refuse(file, "a JSON object as header", show(value));
  }
  const twice = repeatedKey(text);
  if (twice !== undefined) {
    throw refuse(file, "every header key once", `${show(twice)} twice`);
  }
  if (Object.hasOwn(value, "__proto__")) {
    throw refuse(file, "plain tensor names", '"__proto__"');
  }
  return value;
}

/** Checks one tensor's type, shape and place. */
function headerEntry(
  name: string,
  value: unknown,
  file: string,
): SafetensorsEntry {
  const what = `tensor ${show(name)}`;
  if (!isObject(value)) {
    throw refuse(file, `${what} to be an object`, show(value));
  }
  const { dtype, shape, data_offsets: offsets } = value;
  const elementBytes =
    typeof dtype === "string" && Object.hasOwn(ELEMENT_BYTES, dtype)
      ? ELEMENT_BYTES[dtype]
      : undefined;
  if (elementBytes === undefined) {
    throw refuse(file, `${what} to have a known dtype`, show(dtype));
  }
  if (!isWholeNumbers(shape)) {
    throw refuse(file, `${what} to have a shape of whole numbers`, show(shape));
  }
  if (!isWholeNumbers(offsets) || offsets.length !== 2) {
    throw refuse(file, `${what} to have two data offsets`, show(offsets));
  }
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, size) => product * size, elementBytes);
  if (!Number.isSafeInteger(bytes) || end - begin !== bytes) {
    throw refuse(
      file,
      `${what} of ${dtype} [${shape.join(", ")}] to have ${bytes} bytes`,
      `offsets [${begin}, ${end}]`,
    );
  }
  if (begin % elementBytes !== 0) {
    throw refuse(
      file,
      `${what} to begin at a multiple of ${elementBytes}`,
      `offset ${begin}`,
    );
  }
  return { dtype: dtype as string, shape, begin, end };
}

/** Checks that the tensors, sorted by place, tile the data exactly. */
function checkCoverage(
  entries: readonly (readonly [string, SafetensorsEntry])[],
  dataBytes: number,
  file: string,
): void {
  let place = 0;
  for (const [name, { begin, end }] of entries) {
    if (begin !== place) {
      throw refuse(
        file,
        `tensor ${
          show(name)
        } to begin at ${place}, where the one before it ends`,
        `${begin} (${begin < place ? "an overlap" : "a gap"})`,
      );
    }
    place = end;
  }
  if (place !== dataBytes) {
    throw refuse(
      file,
      `${place} bytes of tensors, as its header says`,
      `${dataBytes} (${dataBytes < place ? "truncated?" : "bytes left over"})`,
    );
  }
}

/** Checks the free text pairs. */
function headerMetadata(value: unknown, file: string): Record<string, string> {
  if (
    !isObject(value) ||
    Object.values(value).some((text) => typeof text !== "string") ||
    Object.hasOwn(value, "__proto__")
  ) {
    throw refuse(file, "metadata of text by name", show(value));
  }
  return value as Record<string, string>;
}

/** Whether a value is a JSON object, not an array and not null. */
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is a list of exact whole numbers that are not negative. */
function isWholeNumbers(value: unknown): value is number[] {
  return Array.isArray(value) &&
    value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** A value short enough for an error. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** The error of a file that cannot be read. */
function refuse(file: string, expected: string, got: string): SyntaxError {
  return new SyntaxError(
    `Cannot read ${file}: expected ${expected}, got ${got}`,
  );
}
