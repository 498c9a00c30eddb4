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
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 0;
  for await (const block of byteLines(await openBytes(path), path)) {
    for (const bytes of block) {
      line++;
      try {
        yield { text: decoder.decode(bytes), line };
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        throw new SyntaxError(
          `Cannot read ${path}:${line}: expected UTF-8 text, got other bytes`,
        );
      }
    }
  }
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

/** Opens a file as plain bytes. */
async function openBytes(path: string): Promise<ReadableStream<Uint8Array>> {
  try {
    const { readable } = await Deno.open(path);
    return path.endsWith(".gz")
      ? readable.pipeThrough(new DecompressionStream("gzip"))
      : readable;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw readError(path, error);
    throw new Deno.errors.NotFound(
      `Cannot read ${path}: expected a text file, got no such file`,
    );
  }
}

/** Cuts bytes at line ends, a block of whole lines at a time. */
async function* byteLines(
  bytes: ReadableStream<Uint8Array>,
  path: string,
): AsyncGenerator<Uint8Array[]> {
  let open: Uint8Array[] = [];
  try {
    for await (const block of bytes) {
      const lines: Uint8Array[] = [];
      let begin = 0;
      for (
        let end = block.indexOf(10);
        end >= 0;
        end = block.indexOf(10, begin)
      ) {
        lines.push(
          withoutReturn(joined([...open, block.subarray(begin, end)])),
        );
        open = [];
        begin = end + 1;
      }
      if (begin < block.length) open.push(block.subarray(begin));
      yield lines;
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw readError(path, error);
    throw new SyntaxError(
      `Cannot read ${path}: expected whole gzip data, got ${error.message}`,
    );
  }
  if (open.length > 0) yield [withoutReturn(joined(open))];
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

/** A line without the carriage return of a Windows line end. */
function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === 13 ? line.subarray(0, -1) : line;
}
