import type { FolderFile, WrittenFile } from "../atomic_folder.ts";
import { readJsonObject } from "../read_json.ts";
import { sha256OfFile } from "../sha256.ts";

/** The file that lists the others; a checkpoint without it is none. */
export const MANIFEST = "manifest.json";

/** Raised when the layout of a checkpoint changes. */
const FORMAT = 1;

/**
 * The manifest of a checkpoint.
 *
 * @param step Steps taken.
 * @param files What was written.
 * @returns A file to write last.
 *
 * @example Usage
 * ```ts
 * import { manifestFile } from "#lib/store/run/checkpoint_manifest.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(manifestFile(1, []).name, "manifest.json");
 * ```
 */
export function manifestFile(
  step: number,
  files: readonly WrittenFile[],
): FolderFile {
  const manifest = { format: FORMAT, step, files };
  return { name: MANIFEST, content: JSON.stringify(manifest, null, 2) + "\n" };
}

/**
 * Checks every file of a checkpoint against its manifest.
 *
 * @param folder The checkpoint's folder.
 * @returns The names of the files.
 * @throws {SyntaxError} If the manifest does not parse, or a file is missing,
 * truncated or altered.
 *
 * @example Usage
 * ```ts
 * import { verifyManifest, writeCheckpoint } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * const run = await Deno.makeTempDir();
 * const folder = await writeCheckpoint(run, { step: 1, tensors: {}, state: {} });
 * await Deno.writeTextFile(`${folder}/state.json`, "{}");
 * await assertRejects(() => verifyManifest(folder), SyntaxError, "state.json");
 * await Deno.remove(run, { recursive: true });
 * ```
 */
export async function verifyManifest(folder: string): Promise<string[]> {
  const { format, files } = await readJsonObject(`${folder}/${MANIFEST}`);
  if (
    format !== FORMAT || !Array.isArray(files) || !files.every(isWrittenFile)
  ) {
    throw refuse(
      folder,
      MANIFEST,
      `a list of files in format ${FORMAT}`,
      "other JSON",
    );
  }
  for (const file of files) await verifyFile(folder, file);
  return files.map(({ name }) => name);
}

/** Checks one file's length and digest. */
async function verifyFile(
  folder: string,
  { name, bytes, sha256 }: WrittenFile,
): Promise<void> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(`${folder}/${name}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw refuse(folder, name, `${bytes} bytes`, "no such file");
  }
  using open = file;
  const { size } = await open.stat();
  if (size !== bytes) {
    throw refuse(folder, name, `${bytes} bytes`, `${size} (truncated?)`);
  }
  const digest = await sha256OfFile(open);
  if (digest !== sha256) {
    throw refuse(folder, name, `SHA-256 ${sha256}`, `${digest} (altered?)`);
  }
}

/** Whether a value is a line of the manifest, with a name that stays in the folder. */
function isWrittenFile(value: unknown): value is WrittenFile {
  const { name, bytes, sha256 } = (value ?? {}) as Partial<WrittenFile>;
  return typeof name === "string" && /^[a-z][a-z0-9_.-]*$/.test(name) &&
    Number.isSafeInteger(bytes) && typeof sha256 === "string";
}

/** The error of a checkpoint that cannot be used, and the way out. */
function refuse(
  folder: string,
  name: string,
  expected: string,
  got: string,
): SyntaxError {
  return new SyntaxError(
    `Cannot read ${folder}/${name}: expected ${expected}, got ${got}; ` +
      `remove ${folder} to go on from the checkpoint before it`,
  );
}
