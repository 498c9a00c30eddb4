import { writeFileAtomically } from "../atomic_file.ts";
import type { HubId } from "./hub_id.ts";
import { isPlainPath } from "./hub_id.ts";
import { readJsonObject, readTextIfThere } from "../read_json.ts";
import { sha256OfFile } from "../sha256.ts";

/** A file in the cache. */
export interface CachedFile {
  /** Name below the commit's folder. */
  readonly name: string;
  /** Length. */
  readonly bytes: number;
  /** SHA-256 of its bytes. */
  readonly sha256: string;
}

/** What the cache knows of a revision; written when all its files are there. */
export interface CachedRevision {
  /** The commit it stood for when it was last asked. */
  readonly commit: string;
  /** Its files. */
  readonly files: readonly CachedFile[];
}

/**
 * Where the cache keeps a model.
 *
 * @param cache The cache's folder.
 * @param id The model.
 * @returns Its folder, with one folder a commit and one record a revision.
 *
 * @example Usage
 * ```ts
 * import { cacheFolder } from "#lib/store/hub/hub_cache.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(cacheFolder("c", { name: "a/b", revision: "main" }), "c/models--a--b");
 * ```
 */
export function cacheFolder(cache: string, { name }: HubId): string {
  return `${cache}/models--${name.replace("/", "--")}`;
}

/** Path of a revision's record; a slash in the revision cannot leave the folder. */
function recordPath(folder: string, revision: string): string {
  return `${folder}/refs/${encodeURIComponent(revision)}.json`;
}

/**
 * Reads what the cache knows of a revision.
 *
 * @param folder The model's folder in the cache.
 * @param revision Branch, tag or commit.
 * @returns The record, or `undefined` where the revision was never complete.
 * @throws {SyntaxError} If the record does not parse.
 *
 * @example Usage
 * ```ts
 * import { readCachedRevision } from "#lib/store/hub/hub_cache.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await readCachedRevision("none", "main"), undefined);
 * ```
 */
export async function readCachedRevision(
  folder: string,
  revision: string,
): Promise<CachedRevision | undefined> {
  const path = recordPath(folder, revision);
  if (await readTextIfThere(path) === undefined) return undefined;
  const { commit, files } = await readJsonObject(path);
  if (
    typeof commit === "string" && /^[0-9a-f]{40}$/.test(commit) &&
    Array.isArray(files) && files.every(isCachedFile)
  ) return { commit, files };
  throw new SyntaxError(
    `Cannot read ${path}: expected a record of the hub's cache, got other JSON; remove it`,
  );
}

/** Whether a value is a file of a record. */
function isCachedFile(value: unknown): value is CachedFile {
  const { name, bytes, sha256 } = (value ?? {}) as Partial<CachedFile>;
  return typeof name === "string" && isPlainPath(name) &&
    Number.isSafeInteger(bytes) && typeof sha256 === "string";
}

/**
 * Records that a revision is complete, under its own name and its commit's.
 *
 * @param folder The model's folder in the cache.
 * @param revision Branch, tag or commit.
 * @param record The commit and its files.
 *
 * @example Usage
 * ```ts
 * import { readCachedRevision, writeCachedRevision } from "#lib/store/hub/hub_cache.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const record = { commit: "0".repeat(40), files: [] };
 * await writeCachedRevision(folder, "refs/pr/1", record);
 * assertEquals(await readCachedRevision(folder, record.commit), record);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeCachedRevision(
  folder: string,
  revision: string,
  record: CachedRevision,
): Promise<void> {
  await Deno.mkdir(`${folder}/refs`, { recursive: true });
  const json = JSON.stringify(record, null, 2) + "\n";
  for (const name of new Set([record.commit, revision])) {
    await writeFileAtomically(recordPath(folder, name), json);
  }
}

/**
 * Whether a cached file is there and still what was downloaded.
 *
 * @param folder The commit's folder.
 * @param file What the record says.
 * @returns Whether length and SHA-256 agree.
 *
 * @example Usage
 * ```ts
 * import { isIntact } from "#lib/store/hub/hub_cache.ts";
 * import { assertFalse } from "@std/assert";
 *
 * assertFalse(await isIntact("none", { name: "a", bytes: 1, sha256: "" }));
 * ```
 */
export async function isIntact(
  folder: string,
  { name, bytes, sha256 }: CachedFile,
): Promise<boolean> {
  try {
    using file = await Deno.open(`${folder}/${name}`);
    return (await file.stat()).size === bytes &&
      await sha256OfFile(file) === sha256;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
