import { assert, assertEquals, assertMatch } from "@std/assert";
import { MISTAKE, reportError } from "#lib/cli/main_guard.ts";
import { useSink } from "#lib/report/sink.ts";
import { trainCommand } from "#lib/cli/train.ts";

/** Calls a function while nothing it prints is shown, and gives the lines it printed. */
export async function silenced<T>(
  work: () => T | Promise<T>,
): Promise<{ readonly value: T; readonly lines: readonly string[] }> {
  const { log, error } = console;
  const lines: string[] = [];
  const sink = useSink({ live: false, send: () => {} });
  console.log = console.error = (line: string) => void lines.push(line);
  try {
    return { value: await work(), lines };
  } finally {
    Object.assign(console, { log, error });
    useSink(sink);
  }
}

/**
 * Runs `train` in this process and gives the error it ends with, which must be
 * one clear line that the command turns into exit code 2.
 */
export async function refusalOf(args: readonly string[]): Promise<Error> {
  const { value: error } = await silenced(() =>
    trainCommand(args, new AbortController().signal).then(
      (code) => new EvalError(`exit code ${code}`),
      (error) => error as Error,
    )
  );
  assert(error instanceof Error);
  assertMatch(error.message, /^Cannot .*\S$/s, error.stack);
  const { value: code, lines } = await silenced(() =>
    reportError(error, false)
  );
  assertEquals([code, lines.length], [MISTAKE, 1]);
  assertEquals(lines[0]!.split("\n").length, 1);
  return error;
}

/** Names in a folder, in order; none where it is absent. */
export function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
