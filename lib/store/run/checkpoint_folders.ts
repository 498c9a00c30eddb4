import { MANIFEST } from "./checkpoint_manifest.ts";

/** A complete checkpoint on the disk. */
export interface CheckpointFolder {
  /** Steps taken. */
  readonly step: number;
  /** Its folder. */
  readonly folder: string;
}

/**
 * The folder name of a step.
 *
 * @param step Steps taken, a whole number.
 * @returns `checkpoint-` and the step with at least six digits.
 * @throws {RangeError} If the step is no whole number.
 *
 * @example Usage
 * ```ts
 * import { checkpointName } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(checkpointName(500), "checkpoint-000500");
 * ```
 */
export function checkpointName(step: number): string {
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new RangeError(
      `Cannot name a checkpoint: expected a whole number of steps, got ${step}`,
    );
  }
  return `checkpoint-${String(step).padStart(6, "0")}`;
}

/**
 * Lists the complete checkpoints of a run; those without a manifest are none.
 *
 * @param run The run's folder; no matter if absent.
 * @returns The checkpoints, by step.
 *
 * @example Usage
 * ```ts
 * import { listCheckpoints } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await listCheckpoints("none"), []);
 * ```
 */
export async function listCheckpoints(
  run: string,
): Promise<CheckpointFolder[]> {
  const found: CheckpointFolder[] = [];
  try {
    for await (const { name } of Deno.readDir(run)) {
      const digits = /^checkpoint-(\d{6,15})$/.exec(name)?.[1];
      if (digits === undefined) continue;
      const folder = `${run}/${name}`;
      if (await isFile(`${folder}/${MANIFEST}`)) {
        found.push({ step: Number(digits), folder });
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort((a, b) => a.step - b.step);
}

/**
 * Finds the latest complete checkpoint of a run.
 *
 * @param run The run's folder; no matter if absent.
 * @returns The checkpoint, or `undefined` where there is none.
 *
 * @example Usage
 * ```ts
 * import { latestCheckpoint, writeCheckpoint } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const run = await Deno.makeTempDir();
 * await writeCheckpoint(run, { step: 9, tensors: {}, state: {} });
 * await writeCheckpoint(run, { step: 10, tensors: {}, state: {} });
 * assertEquals((await latestCheckpoint(run))?.step, 10);
 * await Deno.remove(run, { recursive: true });
 * ```
 */
export async function latestCheckpoint(
  run: string,
): Promise<CheckpointFolder | undefined> {
  return (await listCheckpoints(run)).at(-1);
}

/** Whether a path is a file. */
async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory
    ) return false;
    throw error;
  }
}
