import type { WriteOptions } from "../atomic_file.ts";
import { type FolderFile, writeFolderAtomically } from "../atomic_folder.ts";
import { checkpointName, listCheckpoints } from "./checkpoint_folders.ts";
import { manifestFile, verifyManifest } from "./checkpoint_manifest.ts";
import { writeError } from "../disk_full_error.ts";
import { diskFileSystem } from "../file_system.ts";
import { readJson } from "../read_json.ts";
import { readArrays } from "../weights/read_safetensors.ts";
import { temporaryName } from "../temporary_name.ts";
import type { ArrayMap } from "../weights/weight_map.ts";
import { safetensorsChunks } from "../weights/write_safetensors.ts";

/** Everything a run needs to go on as if it had never stopped. */
export interface Checkpoint {
  /** Steps taken. */
  readonly step: number;
  /** Named arrays by group, for example `parameters` and `optimizer`; bits are kept. */
  readonly tensors: Readonly<Record<string, ArrayMap>>;
  /** Position in the data, states of the streams, numbers: whatever JSON keeps exactly. */
  readonly state: unknown;
}

/** Settings of {@link writeCheckpoint}. */
export interface CheckpointOptions extends WriteOptions {
  /** How many of the latest checkpoints to keep, at least 1; all by default. */
  readonly keep?: number;
}

/** The file of the JSON state. */
const STATE = "state.json";

/**
 * Writes a checkpoint to `<run>/checkpoint-<step>`, whole or not at all.
 *
 * Killed at any moment, the run still has its latest complete checkpoint. The
 * manifest lists every file's length and SHA-256. Older checkpoints are removed
 * only when the new one is complete.
 *
 * @param run The run's folder.
 * @param checkpoint What to keep.
 * @param options How many to keep, and where to write.
 * @returns The checkpoint's folder.
 * @throws {DiskFullError} If the disk is full; older checkpoints are untouched.
 * @throws {RangeError} If the state holds a number that JSON cannot keep.
 *
 * @example Usage
 * ```ts
 * import { readCheckpoint, writeCheckpoint } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = await Deno.makeTempDir();
 * const checkpoint = {
 *   step: 500,
 *   tensors: { parameters: { a: { shape: [1], values: Float32Array.of(1) } } },
 *   state: { epoch: 2 },
 * };
 * const folder = await writeCheckpoint(run, checkpoint);
 * assertEquals(await readCheckpoint(folder), checkpoint);
 * await Deno.remove(run, { recursive: true });
 * ```
 */
export async function writeCheckpoint(
  run: string,
  checkpoint: Checkpoint,
  { keep = Infinity, fileSystem = diskFileSystem }: CheckpointOptions = {},
): Promise<string> {
  if (!(keep >= 1)) {
    throw new RangeError(
      `Cannot write a checkpoint: expected to keep at least 1, got ${keep}`,
    );
  }
  const folder = `${run}/${checkpointName(checkpoint.step)}`;
  await writeFolderAtomically(folder, checkpointFiles(checkpoint), {
    seal: (written) => manifestFile(checkpoint.step, written),
    fileSystem,
  });
  const steps = (await listCheckpoints(run)).map(({ step }) => step);
  const older = steps.filter((step) => step < checkpoint.step);
  for (const step of older.slice(0, Math.max(0, older.length - keep + 1))) {
    await removeWhole(`${run}/${checkpointName(step)}`, fileSystem);
  }
  return folder;
}

/** Removes a checkpoint, such that half of one never looks complete. */
async function removeWhole(
  folder: string,
  fileSystem: NonNullable<WriteOptions["fileSystem"]>,
): Promise<void> {
  const temporary = temporaryName(folder, "tmp");
  try {
    await fileSystem.rename(folder, temporary);
    await fileSystem.remove(temporary);
  } catch (error) {
    throw writeError(folder, error);
  }
}

/** The files of a checkpoint but the manifest. */
function checkpointFiles(
  { step, tensors, state }: Checkpoint,
): FolderFile[] {
  const groups = Object.entries(tensors).map(([group, arrays]) => {
    if (!/^[a-z][a-z0-9_-]*$/.test(group)) {
      throw new RangeError(
        `Cannot write a checkpoint: expected plain group names, got "${group}"`,
      );
    }
    return {
      name: `${group}.safetensors`,
      content: safetensorsChunks(arrays),
    };
  });
  return [...groups, { name: STATE, content: exactJson({ step, state }) }];
}

/** JSON of a value, or an error where JSON would change a number. */
function exactJson(value: unknown): string {
  return JSON.stringify(value, (key, item) => {
    if (typeof item === "number" && !Number.isFinite(item)) {
      throw new RangeError(
        `Cannot write a checkpoint: expected finite numbers in its state, got ${item} as "${key}"`,
      );
    }
    return item;
  });
}

/**
 * Reads a checkpoint, after checking every file against the manifest.
 *
 * @param folder The checkpoint's folder.
 * @returns What was written, bit for bit.
 * @throws {SyntaxError} If a file is missing, truncated or altered; the error
 * names it and says how to go on.
 *
 * @example Usage
 * ```ts
 * import { readCheckpoint } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(
 *   () => readCheckpoint("none/checkpoint-000001"),
 *   Deno.errors.NotFound,
 *   "manifest.json",
 * );
 * ```
 */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  const files = await verifyManifest(folder);
  const tensors: Record<string, ArrayMap> = {};
  for (const name of files) {
    const group = /^(.+)\.safetensors$/.exec(name)?.[1];
    if (group !== undefined) {
      tensors[group] = await readArrays(`${folder}/${name}`);
    }
  }
  const { step, state } = await readJson(`${folder}/${STATE}`) as {
    readonly step: number;
    readonly state: unknown;
  };
  if (!folder.endsWith(checkpointName(step))) {
    throw new SyntaxError(
      `Cannot read ${folder}: expected the folder ${
        checkpointName(step)
      }, as its ${STATE} says, got another name`,
    );
  }
  return { step, tensors, state };
}
