/**
 * `deno task engine`: which engines are present, what `auto` takes and why not
 * the others; and how one gets what another engine needs.
 *
 * @module
 */
import { BY_NAME_ONLY, engineNames, useEngine } from "../engine/use_engine.ts";
import type { EngineName } from "../engine/use_engine.ts";
import type { SettingTable } from "../train/setting.ts";
import { COMMON_FLAGS, flagsOrHelp } from "./flags.ts";
import { installTensorFlow } from "./install_tensorflow.ts";
import { installTorch } from "./install_torch.ts";
import { DONE, MISTAKE, printJson, runCommand } from "./main_guard.ts";

const FLAGS: SettingTable = {
  python: {
    type: "string",
    default: "python3",
    help: "the Python whose pip installs",
  },
  version: {
    type: "string",
    help: "PyTorch's or TensorFlow's version (default the newest)",
  },
  "index-url": {
    type: "string",
    help: "pip's package index, such as one of smaller CPU builds",
  },
  cpu: {
    type: "boolean",
    help: "leave the GPU's parts out although there is a GPU",
  },
  ...COMMON_FLAGS,
};

const USAGE = `Lists the engines, or installs what an engine needs.

  deno task engine
  deno task engine install torch
  deno task engine install tensorflow

Installing downloads PyTorch or TensorFlow with pip, without a GPU the CPU parts
only: on Linux some 600 MB of PyTorch all the same, unless --index-url names an
index of CPU builds, and some 300 MB of TensorFlow.`;

/** What can be installed. */
const INSTALLERS = { torch: installTorch, tensorflow: installTensorFlow };

/** One engine, as it was found. */
export interface EngineReport {
  readonly name: EngineName;
  /** What it runs on; absent where it does not work here. */
  readonly device?: string;
  /** Why it does not work here. */
  readonly reason?: string;
}

/**
 * Tries every engine.
 *
 * @returns What each runs on, or why it does not work here.
 *
 * @example Usage
 * ```ts
 * import { reportEngines } from "#lib/cli/engine.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const reports = await reportEngines();
 * const { reason } = reports.find(({ name }) => name === "reference")!;
 * assertEquals(reason, undefined);
 * ```
 */
export async function reportEngines(): Promise<EngineReport[]> {
  const reports: EngineReport[] = [];
  for (const name of engineNames()) {
    try {
      const { device } = await useEngine(name);
      reports.push({ name, device });
    } catch (error) {
      const [line] = (error as Error).message.split("\n");
      const reason = line!.replace(/^Cannot use engine .*?, got \w+: /, "");
      reports.push({ name, reason });
    }
  }
  return reports;
}

/**
 * The command `deno task engine`.
 *
 * @param args Its words.
 * @param signal Aborted by Ctrl-C.
 * @returns The exit code.
 */
export async function engineCommand(
  args: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const parsed = flagsOrHelp(args, { usage: USAGE, flags: FLAGS, words: 2 });
  if (parsed === undefined) return DONE;
  const { given, words } = parsed;
  const [verb, what = ""] = words;
  const isKnown = verb === "install" && Object.hasOwn(INSTALLERS, what);
  if (verb !== undefined && !isKnown) {
    console.error(
      `error: Cannot run deno task engine: expected no words, install torch or install tensorflow, got ${
        words.join(" ")
      }`,
    );
    return MISTAKE;
  }
  if (isKnown) {
    await INSTALLERS[what as keyof typeof INSTALLERS]({
      python: (given.python ?? "python3") as string,
      version: given.version as string | undefined,
      indexUrl: given["index-url"] as string | undefined,
      cpu: given.cpu === true,
      say: (line) => console.error(line),
      signal,
    });
  }
  const engines = await reportEngines();
  const { name: auto } = await useEngine("auto");
  if (given.json) printJson({ auto, engines });
  else engines.forEach((report) => console.log(lineOf(report, auto)));
  return DONE;
}

/** One line on an engine: what it runs on, and what `auto` makes of it. */
function lineOf({ name, device, reason }: EngineReport, auto: string): string {
  const start = name.padEnd(11);
  if (device === undefined) return `${start}not here: ${reason}`;
  if (name === auto) return `${start}${device}  <- auto`;
  const why = BY_NAME_ONLY.includes(name)
    ? `only by --engine ${name}`
    : `auto prefers ${auto}`;
  return `${start}${device}  (${why})`;
}

if (import.meta.main) {
  await runCommand((signal) => engineCommand(Deno.args, signal));
}
