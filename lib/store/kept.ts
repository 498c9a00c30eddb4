import { writeFileAtomically } from "./atomic_file.ts";
import { sha256Of } from "./sha256.ts";

/** Where the command line keeps what it may need again. */
export const KEPT_FOLDER = "data/cache/kept";

/** A result of long work, and how it becomes bytes. */
export interface Keeping<T> {
  /** What it is, in small letters: the beginning of the file's name. */
  readonly kind: string;
  /** A checksum over all that the result depends on. */
  readonly key: string;
  /** Computes it. */
  readonly make: () => T | Promise<T>;
  /** The result as bytes. */
  readonly toBytes: (made: T) => Uint8Array;
  /** The result of those bytes; throws on any others. */
  readonly fromBytes: (bytes: Uint8Array<ArrayBuffer>) => T;
}

/** Settings of {@linkcode kept}. */
export interface KeepOptions {
  /** The folder; made when first needed. Without one nothing is kept. */
  readonly folder?: string | undefined;
  /** Files of a kind, at most: of more the one unused for longest goes. Default 32. */
  readonly most?: number;
  /** Told in a line where the result came from the folder, and what was amiss there. */
  readonly say?: ((line: string) => void) | undefined;
}

/**
 * Computes a result, or takes it from a folder where it was kept by an earlier process.
 *
 * A file begins with a line of kind, key and SHA-256 of what follows: one that is
 * short, altered, or another key's is told from its own, and computed and written
 * again. Files are written whole or not at all, so that processes may share the
 * folder. A folder that cannot be read or written costs the keeping, never the result.
 *
 * @param what What it is, how to compute it, and its bytes.
 * @param options Folder, number of files, where lines go.
 * @returns The result: of the same bits, computed or kept.
 * @throws Whatever `make` throws.
 *
 * @example Usage
 * ```ts
 * import { kept, sha256Of } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * let made = 0;
 * const answer = () =>
 *   kept({
 *     kind: "answer",
 *     key: sha256Of([]),
 *     make: () => ++made,
 *     toBytes: (value) => Uint8Array.of(value),
 *     fromBytes: ([value]) => value!,
 *   }, { folder });
 * assertEquals([await answer(), await answer(), made], [1, 1, 1]);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function kept<T>(
  what: Keeping<T>,
  { folder, most = 32, say }: KeepOptions = {},
): Promise<T> {
  if (folder === undefined) return await what.make();
  const path = `${folder}/${what.kind}-${what.key.slice(0, 16)}`;
  const found = await readKept(path, what, say);
  if (found !== undefined) {
    say?.(`Takes ${what.kind} from ${path}, computed before`);
    return found.value;
  }
  const value = await what.make();
  try {
    await Deno.mkdir(folder, { recursive: true });
    const bytes = what.toBytes(value);
    await writeFileAtomically(path, [headerOf(what, bytes), bytes]);
    await removeOldest(folder, what.kind, most);
  } catch (error) {
    say?.(`Does not keep ${what.kind}: ${(error as Error).message}`);
  }
  return value;
}

/** What a file holds; nothing where it is absent, may not be read, or is not what it should be. */
async function readKept<T>(
  path: string,
  what: Keeping<T>,
  say: KeepOptions["say"],
): Promise<{ readonly value: T } | undefined> {
  const bytes = await Deno.readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  try {
    const content = bytes.subarray(bytes.indexOf(NEWLINE) + 1);
    const header = headerOf(what, content);
    if (!header.every((byte, at) => byte === bytes[at])) {
      throw new SyntaxError("its checksum is another");
    }
    const value = what.fromBytes(content);
    const now = new Date();
    await Deno.utime(path, now, now).catch(() => {}); // only the order of leaving suffers
    return { value };
  } catch (error) {
    say?.(
      `Computes ${what.kind} again: ${path} is damaged (${
        (error as Error).message
      })`,
    );
    return undefined;
  }
}

/** The byte that ends the header. */
const NEWLINE = 10;

/** The first line of a file. */
function headerOf(
  { kind, key }: Pick<Keeping<unknown>, "kind" | "key">,
  content: Uint8Array,
): Uint8Array {
  return new TextEncoder().encode(`${kind} ${key} ${sha256Of([content])}\n`);
}

/** Removes what was unused for longest, and with time what killed writers left. */
async function removeOldest(
  folder: string,
  kind: string,
  most: number,
): Promise<void> {
  const files: { readonly path: string; readonly used: number }[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.startsWith(`${kind}-`)) continue;
    const path = `${folder}/${name}`;
    const { mtime } = await Deno.stat(path).catch(() => ({ mtime: null }));
    files.push({ path, used: mtime?.getTime() ?? 0 });
  }
  files.sort((a, b) => b.used - a.used);
  for (const { path } of files.slice(most)) {
    await Deno.remove(path).catch(() => {}); // another process was quicker
  }
}
