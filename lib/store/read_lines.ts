import { fileBlocks } from "./file_blocks.ts";
import { readError } from "./read_error.ts";

/** One line of a text file. */
export interface FileLine {
  /** The text, without its line end. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

/**
 * Reads a text file line by line, plain or gzipped (a name that ends in `.gz`).
 *
 * Only a block of the file is in memory at a time. Lines end in `\n` or
 * `\r\n`; a last line without an end counts, an empty rest does not.
 *
 * @param path The file.
 * @yields The lines in order.
 * @throws {SyntaxError} If the bytes are no UTF-8 (with the line) or no gzip.
 *
 * @example Usage
 * ```ts
 * import { readLines } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "a\nb\n");
 * const lines = await Array.fromAsync(readLines(path));
 * assertEquals(lines, [{ text: "a", line: 1 }, { text: "b", line: 2 }]);
 * await Deno.remove(path);
 * ```
 */
export async function* readLines(path: string): AsyncGenerator<FileLine> {
  for await (const block of readLineBlocks(path)) yield* block;
}

/**
 * Reads a text file as {@linkcode readLines} does, some lines at a time: for files of
 * many short lines, where waiting for each would take longer than reading it.
 *
 * @param path The file.
 * @yields The lines in order, those of a block together.
 * @throws {SyntaxError} If the bytes are no UTF-8 (with the line) or no gzip.
 *
 * @example Usage
 * ```ts
 * import { readLineBlocks } from "#lib/store/read_lines.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "a\nb\n");
 * const [block] = await Array.fromAsync(readLineBlocks(path));
 * assertEquals(block?.map(({ text }) => text), ["a", "b"]);
 * await Deno.remove(path);
 * ```
 */
export async function* readLineBlocks(
  path: string,
): AsyncGenerator<readonly FileLine[]> {
  let first = 1;
  for await (const bytes of wholeLines(path)) {
    const { texts, isWhole } = decoded(bytes);
    yield texts.map((text, i) => ({ text, line: first + i }));
    first += texts.length;
    if (isWhole) continue;
    throw new SyntaxError(
      `Cannot read ${path}:${first}: expected UTF-8 text, got other bytes`,
    );
  }
}

/** The lines of some bytes, up to the first that is no UTF-8. */
function decoded(
  bytes: Uint8Array,
): { readonly texts: string[]; readonly isWhole: boolean } {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const texts: string[] = [];
  try {
    const text = decoder.decode(bytes);
    return { texts: text.split("\n").map(bareLine), isWhole: true };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  for (let begin = 0;;) {
    const end = bytes.indexOf(NEWLINE, begin);
    try {
      const line = bytes.subarray(begin, end < 0 ? bytes.length : end);
      texts.push(bareLine(decoder.decode(line)));
    } catch {
      return { texts, isWhole: false };
    }
    begin = end + 1;
  }
}

/** The byte that ends a line. */
const NEWLINE = 10;

/** A line without a byte order mark and the carriage return of a Windows line end. */
function bareLine(line: string): string {
  return line.slice(
    line.startsWith("\uFEFF") ? 1 : 0,
    line.endsWith("\r") ? -1 : undefined,
  );
}

/**
 * Finds a file under its name or its name with `.gz`.
 *
 * @param path The plain name.
 * @returns The name that is there, the plain one first, or `undefined`.
 *
 * @example Usage
 * ```ts
 * import { plainOrGzipped } from "#lib/store/read_lines.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${folder}/a.gz`, "");
 * assertEquals(await plainOrGzipped(`${folder}/a`), `${folder}/a.gz`);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function plainOrGzipped(
  path: string,
): Promise<string | undefined> {
  for (const name of [path, `${path}.gz`]) {
    try {
      if ((await Deno.stat(name)).isFile) return name;
    } catch (error) {
      const isMissing = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.NotADirectory;
      if (!isMissing) throw readError(name, error);
    }
  }
  return undefined;
}

/** Opens a file. */
async function opened(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw readError(path, error);
    throw new Deno.errors.NotFound(
      `Cannot read ${path}: expected a text file, got no such file`,
    );
  }
}

/** The plain bytes of a file, some at a time; each block is gone when the next one comes. */
async function* byteBlocks(path: string): AsyncGenerator<Uint8Array> {
  const file = await opened(path);
  if (path.endsWith(".gz")) {
    yield* file.readable.pipeThrough(new DecompressionStream("gzip"));
    return;
  }
  try {
    yield* fileBlocks(file);
  } finally {
    file.close();
  }
}

/** Cuts bytes at line ends, a block of whole lines at a time, without its last line end. */
async function* wholeLines(path: string): AsyncGenerator<Uint8Array> {
  const open: Uint8Array[] = [];
  try {
    for await (const block of byteBlocks(path)) {
      const end = block.lastIndexOf(NEWLINE);
      if (end >= 0) {
        yield joined([...open.splice(0), block.subarray(0, end)]);
      }
      if (end + 1 < block.length) open.push(block.slice(end + 1));
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw readError(path, error);
    throw new SyntaxError(
      `Cannot read ${path}: expected whole gzip data, got ${error.message}`,
    );
  }
  if (open.length > 0) yield joined(open);
}

/** Pieces as one array; a single piece is not copied. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const all = new Uint8Array(
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
  let place = 0;
  for (const piece of pieces) {
    all.set(piece, place);
    place += piece.length;
  }
  return all;
}
