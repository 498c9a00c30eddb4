import { readBeir } from "./beir.ts";
import type { Dataset } from "./dataset.ts";
import { keptWordNet } from "./kept_wordnet.ts";

/** Settings of {@link loadDataset}. */
export interface LoadDatasetOptions {
  /** Splits to read from a folder; all that are there by default. */
  readonly splits?: readonly string[];
  /** Folder where the parsed WordNet is kept for the next process. Default: none. */
  readonly cache?: string | undefined;
  /** Told in a line where something was amiss there, or it was used. */
  readonly say?: ((line: string) => void) | undefined;
}

/**
 * Loads a dataset: `wordnet` for example sentences and glosses, or a BEIR folder.
 *
 * @param source `wordnet`, or the folder.
 * @param options Which splits of a folder to read.
 * @returns The dataset.
 * @throws {Deno.errors.NotFound} If there is no such folder, or a file is missing.
 * @throws {SyntaxError} If a line is faulty; the error names file and line.
 *
 * @example Usage
 * ```ts
 * import { loadDataset } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => loadDataset("none"), Deno.errors.NotFound, "--data");
 * ```
 */
export async function loadDataset(
  source: string,
  { splits, cache: folder, say }: LoadDatasetOptions = {},
): Promise<Dataset> {
  if (source === "wordnet") {
    return await keptWordNet({ folder, say });
  }
  const info = await Deno.stat(source).catch((error) => {
    const isAbsent = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory; // a path through a file
    if (!isAbsent) throw error;
  });
  if (info?.isDirectory) return await readBeir(source, splits && { splits });
  throw new Deno.errors.NotFound(
    `Cannot load data ${source}: expected "wordnet" or a BEIR folder (--data DIR), got ${
      info === undefined ? "no such folder" : "a file"
    }`,
  );
}
