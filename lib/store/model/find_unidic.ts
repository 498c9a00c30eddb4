import { isReadableFile } from "../../engine/installation.ts";
import {
  lexiconBytes,
  MECAB_HEADER,
  type MecabDictionary,
  mecabDictionary,
} from "../../text/mecab_dictionary.ts";
import { readExactly } from "../read_exactly.ts";

/** Where Python packages may lie below a prefix; a star stands for any version. */
const LIBRARIES = ["lib/python3*", "lib/python3", "local/lib/python3*", "Lib"];

/** The folders that hold them. */
const PACKAGES = ["site-packages", "dist-packages"];

/**
 * Finds the dictionary that `pip install unidic-lite` puts on the disk.
 *
 * Looked at in order: `UNIDIC_DIR`, the dictionary's own folder; the virtual environment
 * in use (`VIRTUAL_ENV`, `CONDA_PREFIX`); the user's packages in `~/.local`; the
 * environment of every program folder on the `PATH`; `/usr` and `/usr/local`.
 *
 * @param env The environment. Default: the process's.
 * @returns The folder with `sys.dic` in it.
 * @throws {Deno.errors.NotFound} If there is none; the error says what to install.
 *
 * @example Usage
 * ```ts
 * import { findUnidic } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(
 *   () => findUnidic({ UNIDIC_DIR: "nowhere" }),
 *   Deno.errors.NotFound,
 *   "pip install unidic-lite",
 * );
 * ```
 */
export async function findUnidic(
  env: Readonly<Record<string, string | undefined>> = processEnvironment(),
): Promise<string> {
  const { UNIDIC_DIR: given } = env;
  if (given !== undefined) {
    if (await isReadableFile(`${given}/sys.dic`)) return given;
    throw missing(`no sys.dic in UNIDIC_DIR ${given}`);
  }
  for (const prefix of prefixes(env)) {
    for (const library of LIBRARIES) {
      for (const folder of await versions(prefix, library)) {
        for (const packages of PACKAGES) {
          const found = `${folder}/${packages}/unidic_lite/dicdir`;
          if (await isReadableFile(`${found}/sys.dic`)) return found;
        }
      }
    }
  }
  throw missing("none in any Python environment on the PATH");
}

/**
 * Reads the dictionary unidic-lite, about 100 MB of its 250; a second call gives the
 * same one.
 *
 * @param folder Its folder. Default: where {@linkcode findUnidic} finds it.
 * @returns The dictionary.
 * @throws {Deno.errors.NotFound} If it is not there.
 * @throws {SyntaxError} If a file is truncated or is no such file; the folder is named.
 *
 * @example Usage
 * ```ts
 * import { loadUnidic } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => loadUnidic("nowhere"), Deno.errors.NotFound);
 * ```
 */
export async function loadUnidic(folder?: string): Promise<MecabDictionary> {
  const place = folder ?? await findUnidic();
  const known = loaded.get(place);
  if (known !== undefined) return known;
  const [system, unknown, matrix, characters] = await Promise.all([
    readLexicon(`${place}/sys.dic`),
    readLexicon(`${place}/unk.dic`),
    Deno.readFile(`${place}/matrix.bin`),
    Deno.readFile(`${place}/char.bin`),
  ]);
  try {
    const read = mecabDictionary({ system, unknown, matrix, characters });
    loaded.set(place, read);
    return read;
  } catch (error) {
    throw inFolder(place, error);
  }
}

/** Dictionaries that were read, by folder. */
const loaded = new Map<string, MecabDictionary>();

/** The error of a dictionary that is not there. */
function missing(got: string): Deno.errors.NotFound {
  return new Deno.errors.NotFound(
    `Cannot cut Japanese into words: expected the dictionary unidic-lite, got ${got}; ` +
      `install it with: pip install unidic-lite (or set UNIDIC_DIR to its dicdir)`,
  );
}

/** Names the folder in the error of one of its files. */
function inFolder(folder: string, error: unknown): unknown {
  return error instanceof SyntaxError
    ? new SyntaxError(`${error.message} in ${folder}`)
    : error;
}

/** Reads a lexicon up to its features. */
async function readLexicon(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const header = new Uint8Array(Math.min(size, MECAB_HEADER));
  await readExactly(file, header, path);
  let end: number;
  try {
    end = lexiconBytes(header);
  } catch (error) {
    throw inFolder(path, error);
  }
  if (end > size) {
    throw new SyntaxError(
      `Cannot read ${path}: expected ${end} bytes, got ${size} (truncated?)`,
    );
  }
  const bytes = new Uint8Array(end);
  bytes.set(header);
  await readExactly(file, bytes.subarray(MECAB_HEADER), path);
  return bytes;
}

/** The process's variables, or none where they may not be read. */
function processEnvironment(): Record<string, string> {
  try {
    return Deno.env.toObject();
  } catch {
    return {};
  }
}

/** Where Python may be installed. */
function prefixes(
  env: Readonly<Record<string, string | undefined>>,
): Set<string> {
  const { VIRTUAL_ENV, CONDA_PREFIX, HOME, PATH = "" } = env;
  const programs = PATH.split(":").filter((path) => /\/bin\/?$/.test(path));
  const found = [
    VIRTUAL_ENV,
    CONDA_PREFIX,
    HOME && `${HOME}/.local`,
    ...programs.map((path) => path.replace(/\/bin\/?$/, "")),
    "/usr",
    "/usr/local",
  ];
  return new Set(found.filter((path): path is string => Boolean(path)));
}

/** Folders that a name with a star at its end stands for, the newest version first. */
async function versions(prefix: string, library: string): Promise<string[]> {
  if (!library.endsWith("*")) return [`${prefix}/${library}`];
  const [parent, start] = library.slice(0, -1).split(/\/(?=[^/]*$)/);
  const found: string[] = [];
  try {
    for await (const { name } of Deno.readDir(`${prefix}/${parent}`)) {
      if (name.startsWith(start!)) found.push(`${prefix}/${parent}/${name}`);
    }
  } catch {
    return []; // No such folder, or one that may not be read: not there either way.
  }
  return found.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
}
