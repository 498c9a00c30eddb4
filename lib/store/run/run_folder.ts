import { writeFileAtomically, type WriteOptions } from "../atomic_file.ts";
import {
  type CheckpointFolder,
  latestCheckpoint,
} from "./checkpoint_folders.ts";
import { cleanTemporaries } from "../clean_temporaries.ts";
import { writeError } from "../disk_full_error.ts";
import { diskFileSystem } from "../file_system.ts";
import { readJsonObject } from "../read_json.ts";

/** Every setting of a run, by name; values as JSON keeps them. */
export type RunSettings = Readonly<Record<string, unknown>>;

/** A run that may go on. */
export interface ResumedRun {
  /** Where to go on from; `undefined` means from step 0. */
  readonly checkpoint: CheckpointFolder | undefined;
}

/** The file of the settings. */
const SETTINGS = "settings.json";
/** Where a run's read-out goes. */
const MODEL = "model";

/**
 * Begins a run: makes its folder and writes its complete settings.
 *
 * @param run The folder; made with the folders above it.
 * @param settings Every setting, defaults included.
 * @param options Where to write.
 * @throws {Deno.errors.AlreadyExists} If the folder holds a run, or a `model` of another.
 * @throws {DiskFullError} If the disk is full.
 *
 * @example Usage
 * ```ts
 * import { createRun, readRunSettings } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = await Deno.makeTempDir();
 * await createRun(run, { seed: 1 });
 * assertEquals(await readRunSettings(run), { seed: 1 });
 * await Deno.remove(run, { recursive: true });
 * ```
 */
export async function createRun(
  run: string,
  settings: RunSettings,
  options: WriteOptions = {},
): Promise<void> {
  const { fileSystem = diskFileSystem } = options;
  if (await fileSystem.exists(`${run}/${SETTINGS}`)) {
    throw new Deno.errors.AlreadyExists(
      `Cannot begin a run in ${run}: expected a folder without one, got a run; ` +
        `go on with it (--resume) or give another folder (--out)`,
    );
  }
  if (await fileSystem.exists(`${run}/${MODEL}`)) {
    throw new Deno.errors.AlreadyExists(
      `Cannot begin a run in ${run}: expected a folder without ${MODEL}, which the run ` +
        `would replace, got one; give another folder (--out)`,
    );
  }
  try {
    await fileSystem.makeFolder(run);
  } catch (error) {
    throw writeError(run, error);
  }
  const json = JSON.stringify(settings, null, 2) + "\n";
  await writeFileAtomically(`${run}/${SETTINGS}`, json, options);
}

/**
 * Finds where a run goes on, after bringing its folder in order.
 *
 * Half-finished writes of a killed process are removed. A folder that has no
 * settings yet, the run having been killed before it wrote them, gets them and
 * begins at step 0.
 *
 * @param run The folder.
 * @param settings Every setting, as for {@link createRun}; all must be those of the run.
 * @param options Where to write; settings that may differ, such as the number of threads.
 * @returns The latest complete checkpoint, if there is one.
 * @throws {RangeError} If a setting differs; the error names each.
 *
 * @example Usage
 * ```ts
 * import { createRun, resumeRun } from "#lib/mod.ts";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const run = await Deno.makeTempDir();
 * await createRun(run, { seed: 1 });
 * assertEquals((await resumeRun(run, { seed: 1 })).checkpoint, undefined);
 * await assertRejects(() => resumeRun(run, { seed: 2 }), RangeError, "seed");
 * await Deno.remove(run, { recursive: true });
 * ```
 */
export async function resumeRun(
  run: string,
  settings: RunSettings,
  options: WriteOptions & { readonly mayDiffer?: readonly string[] } = {},
): Promise<ResumedRun> {
  const { fileSystem = diskFileSystem, mayDiffer = [] } = options;
  await cleanTemporaries(run, { fileSystem });
  if (!await fileSystem.exists(`${run}/${SETTINGS}`)) {
    await createRun(run, settings, options);
    return { checkpoint: undefined };
  }
  const before = await readRunSettings(run);
  const names = new Set([...Object.keys(before), ...Object.keys(settings)]);
  const changed = [...names].filter((name) =>
    !mayDiffer.includes(name) && text(before, name) !== text(settings, name)
  );
  if (changed.length > 0) {
    throw new RangeError(
      `Cannot resume ${run}: expected the settings it began with, got ${
        changed.map((name) =>
          `${name} ${text(settings, name)} instead of ${text(before, name)}`
        ).join(", ")
      }`,
    );
  }
  return { checkpoint: await latestCheckpoint(run) };
}

/**
 * Reads the settings of a run.
 *
 * @param run The folder.
 * @returns Every setting.
 * @throws {SyntaxError} If the file does not parse.
 * @throws {Deno.errors.NotFound} If the folder holds no run.
 *
 * @example Usage
 * ```ts
 * import { readRunSettings } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => readRunSettings("none"), Deno.errors.NotFound, "settings.json");
 * ```
 */
export async function readRunSettings(run: string): Promise<RunSettings> {
  return await readJsonObject(`${run}/${SETTINGS}`);
}

/** A setting as JSON, keys of objects in order; `nothing` where absent. */
function text(settings: RunSettings, name: string): string {
  if (!Object.hasOwn(settings, name)) return "nothing";
  return JSON.stringify(
    settings[name],
    (_, value) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(
          Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1),
        )
        : value,
  ) ?? "nothing";
}
