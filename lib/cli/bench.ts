/**
 * `deno task bench train-step`: seconds of a training step, alone or beside
 * PyLate.
 *
 * @module
 */
import { benchTrainStep } from "./bench_train_step.ts";
import { BENCH_FLAGS } from "./bench_flags.ts";
import { flagsOrHelp } from "./flags.ts";
import { DONE, MISTAKE, runCommand } from "./main_guard.ts";

const USAGE =
  `Times a training step on texts of a BEIR folder, alone or beside PyLate.

  deno task bench train-step --model FOLDER --data FOLDER --against pylate

The peers' environment is made by: bash tests/bench/peers/make_environment.sh`;

if (import.meta.main) await runCommand((signal) => bench(Deno.args, signal));

/**
 * Runs the command.
 *
 * @param args The words of the command line.
 * @param signal Stops between two steps.
 * @returns The exit code.
 */
export async function bench(
  args: readonly string[],
  signal?: AbortSignal,
): Promise<number> {
  const parsed = flagsOrHelp(args, {
    usage: USAGE,
    flags: BENCH_FLAGS,
    words: 1,
  });
  if (parsed === undefined) return DONE;
  const { given, words } = parsed;
  if (words[0] !== "train-step") {
    console.error(
      `error: Cannot run a benchmark: expected train-step, got ${
        words[0] ?? "no name"
      }`,
    );
    return MISTAKE;
  }
  return await benchTrainStep(given, signal);
}
