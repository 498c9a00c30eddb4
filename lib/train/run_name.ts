import type { TrainSettings } from "./settings.ts";

/**
 * The first folder below `data/runs` that is free, named after data and model:
 * `data/runs/wordnet-use-lite-1`.
 *
 * @param settings Which data and model.
 * @returns A path that does not exist yet.
 */
export async function freeRunFolder(
  settings: Pick<TrainSettings, "data" | "model">,
): Promise<string> {
  const name = `${lastPart(settings.data)}-${lastPart(settings.model)}`;
  for (let number = 1;; number++) {
    const folder = `data/runs/${name}-${number}`;
    if (!await exists(folder)) return folder;
  }
}

/** `../shared/datasets/scifact/` to `scifact`, safe as a folder's name. */
function lastPart(path: string): string {
  const part = path.replace(/[\\/]+$/, "").split(/[\\/]/).at(-1)!;
  return part.replaceAll(/[^A-Za-z0-9._-]/g, "-").replace(/^\.+/, "") || "run";
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
