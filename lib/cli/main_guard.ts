import { hideLibraryPaths } from "../engine/installation.ts";

/** Exit code of a run that did what it was asked. */
export const DONE = 0;
/** Exit code of a result that fails its check. */
export const FAILED_CHECK = 1;
/** Exit code of a mistake in what was given. */
export const MISTAKE = 2;
/** Exit code of a run stopped by Ctrl-C. */
export const INTERRUPTED = 130;

/** Thrown by long work when its signal was aborted. */
export const INTERRUPTION = "AbortError";

/**
 * Runs a command to its exit code: a mistake in what was given is one line on
 * standard error and code 2, never a stack; Ctrl-C asks the command to stop
 * through its signal, a second one stops it at once.
 *
 * @param command The command; returns its exit code.
 * @param options Command-line words, to look for `--debug`.
 */
export async function runCommand(
  command: (signal: AbortSignal) => Promise<number>,
  options: { readonly args?: readonly string[] } = {},
): Promise<never> {
  const { args = Deno.args } = options;
  hideLibraryPaths();
  const controller = new AbortController();
  let asked = false;
  const stop = () => {
    if (asked) Deno.exit(INTERRUPTED);
    asked = true;
    console.error(
      "\nStopping after this step; press Ctrl-C again to stop at once.",
    );
    controller.abort(new DOMException("interrupted", INTERRUPTION));
  };
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);
  try {
    Deno.exit(await command(controller.signal));
  } catch (error) {
    Deno.exit(reportError(error, args.includes("--debug")));
  }
}

/**
 * Prints an error as one line and tells its exit code.
 *
 * Errors that the lab raises itself start with `Cannot`; anything else is a
 * defect of the lab and says so.
 *
 * @param error What was thrown.
 * @param debug Whether to show the stack.
 * @returns The exit code.
 */
export function reportError(error: unknown, debug: boolean): number {
  const { name, message, stack } = error instanceof Error
    ? error
    : { name: "", message: String(error), stack: undefined };
  if (name === INTERRUPTION) {
    console.error(message === "interrupted" ? "Stopped." : message);
    return INTERRUPTED;
  }
  const ours = message.startsWith("Cannot ");
  const refused = name === "NotCapable";
  const line = ours
    ? message
    : refused
    ? `Cannot go on: expected a permission that Deno refused, got ${message}`
    : `Cannot go on: expected no defect in the lab, got ${name}: ${message}`;
  console.error(
    `error: ${line.replaceAll("\n", " ")}${
      debug ? "" : ours ? "" : " (--debug shows the stack)"
    }`,
  );
  if (debug && stack) console.error(stack);
  return ours || refused ? MISTAKE : FAILED_CHECK;
}

/**
 * Prints the one object that other programs read, as the last line on standard
 * output.
 *
 * @param result Anything JSON can hold.
 */
export function printJson(result: unknown): void {
  console.log(JSON.stringify(result));
}
