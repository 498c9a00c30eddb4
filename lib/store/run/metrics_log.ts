import { writeError } from "../disk_full_error.ts";

/** An open `metrics.jsonl`. */
export interface MetricsLog {
  /**
   * Appends one line.
   *
   * @param record A line with its `step`; steps grow.
   * @throws {DiskFullError} If the disk is full; the line is taken back.
   */
  append(record: { readonly step: number }): void;
  /** Waits until the disk holds every line; call it before a checkpoint. */
  sync(): Promise<void>;
  /** Closes the file. */
  close(): void;
  /** Closes the file at the end of a `using` block. */
  [Symbol.dispose](): void;
}

/**
 * Opens the log of a run's steps, cut back to the step the run goes on from.
 *
 * Lines of later steps, which a killed run wrote after its last checkpoint, and
 * a torn last line are cut off, so that the file of a resumed run equals that of
 * a run which never stopped.
 *
 * @param path The file; made where absent.
 * @param step Steps taken; lines up to and with this step stay.
 * @returns The open log.
 * @throws {SyntaxError} If a line that is to stay is no JSON object with a step.
 *
 * @example Usage
 * ```ts
 * import { openMetrics } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, '{"step":1}\n{"step":2}\n{"st');
 * using log = await openMetrics(path, 1);
 * log.append({ step: 2 });
 * assertEquals(await Deno.readTextFile(path), '{"step":1}\n{"step":2}\n');
 * await Deno.remove(path);
 * ```
 */
export async function openMetrics(
  path: string,
  step: number,
): Promise<MetricsLog> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { read: true, write: true, create: true });
  } catch (error) {
    throw writeError(path, error);
  }
  try {
    let length = await lengthUpTo(path, step);
    await file.truncate(length);
    await file.seek(length, Deno.SeekMode.Start);
    return {
      append(record) {
        const line = new TextEncoder().encode(JSON.stringify(record) + "\n");
        appendWhole(file, line, { path, length });
        length += line.length;
      },
      sync: () => file.sync(),
      close: () => file.close(),
      [Symbol.dispose]: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Writes a line, or takes back what of it was written. */
function appendWhole(
  file: Pick<Deno.FsFile, "writeSync" | "truncateSync" | "seekSync">,
  line: Uint8Array,
  { path, length }: { readonly path: string; readonly length: number },
): void {
  try {
    for (let done = 0; done < line.length;) {
      done += file.writeSync(line.subarray(done));
    }
  } catch (error) {
    file.truncateSync(length);
    file.seekSync(length, Deno.SeekMode.Start);
    throw writeError(path, error);
  }
}

/** Bytes of the whole lines up to a step. */
async function lengthUpTo(path: string, step: number): Promise<number> {
  const bytes = await Deno.readFile(path);
  const decoder = new TextDecoder();
  let begin = 0;
  let line = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, begin)) {
    line++;
    const isLast = end + 1 === bytes.length;
    const at = stepOf(decoder.decode(bytes.subarray(begin, end)));
    if (at === undefined && !isLast) {
      throw new SyntaxError(
        `Cannot read ${path}:${line}: expected a JSON object with a step, got other text`,
      );
    }
    if (at === undefined || at > step) return begin;
    begin = end + 1;
  }
  return begin;
}

/** The step of a line, or `undefined` where it is no such line. */
function stepOf(text: string): number | undefined {
  try {
    const step: unknown = JSON.parse(text)?.step;
    return typeof step === "number" ? step : undefined;
  } catch {
    return undefined;
  }
}
