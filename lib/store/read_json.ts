import { readError } from "./read_error.ts";

/**
 * Reads a JSON file that holds an object.
 *
 * @param path The file.
 * @returns Its fields by name.
 * @throws {SyntaxError} If it is no JSON, or no object.
 * @throws {Deno.errors.NotFound} If it is not there.
 *
 * @example Usage
 * ```ts
 * import { readJsonObject } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, '{"a":1}');
 * assertEquals(await readJsonObject(path), { a: 1 });
 * await Deno.remove(path);
 * ```
 */
export async function readJsonObject(
  path: string,
): Promise<Readonly<Record<string, unknown>>> {
  const value = await readJson(path);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new SyntaxError(
    `Cannot read ${path}: expected a JSON object, got ${
      JSON.stringify(value).slice(0, 60)
    }`,
  );
}

/**
 * Reads a JSON file.
 *
 * @param path The file.
 * @returns The value.
 * @throws {SyntaxError} If it is no JSON.
 * @throws {Deno.errors.NotFound} If it is not there.
 *
 * @example Usage
 * ```ts
 * import { readJson } from "#lib/mod.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => readJson("none.json"), Deno.errors.NotFound, "none.json");
 * ```
 */
export async function readJson(path: string): Promise<unknown> {
  const text = await readTextIfThere(path);
  if (text === undefined) {
    throw new Deno.errors.NotFound(
      `Cannot read ${path}: expected a JSON file, got no such file`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(
      `Cannot read ${path}: expected JSON, got ${
        (error as Error).message.slice(0, 120)
      }`,
    );
  }
}

/**
 * Reads a text file that may be absent.
 *
 * @param path The file.
 * @returns Its text, or `undefined` where there is none.
 *
 * @example Usage
 * ```ts
 * import { readTextIfThere } from "#lib/store/read_json.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await readTextIfThere("none.json"), undefined);
 * ```
 */
export async function readTextIfThere(
  path: string,
): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw readError(path, error);
  }
}
