/** Names this module gives out: a stem, a purpose, and 8 hexadecimal digits. */
const TEMPORARY = /^(.+)\.(tmp|old)-[0-9a-f]{8}$/;

/** What a temporary is: a write that is not finished, or what it replaces. */
export type TemporaryKind = "tmp" | "old";

/**
 * A name beside a file or folder that nobody else uses.
 *
 * @param path The final name.
 * @param kind `tmp` for a write that is not finished, `old` for what it replaces.
 * @returns `<path>.<kind>-<8 hexadecimal digits>`.
 *
 * @example Usage
 * ```ts
 * import { temporaryName } from "#lib/store/temporary_name.ts";
 * import { assertMatch } from "@std/assert";
 *
 * assertMatch(temporaryName("run/a", "tmp"), /^run\/a\.tmp-[0-9a-f]{8}$/);
 * ```
 */
export function temporaryName(path: string, kind: TemporaryKind): string {
  return `${path}.${kind}-${crypto.randomUUID().slice(0, 8)}`;
}

/**
 * Reads a temporary's name back.
 *
 * @param name A file or folder name, without its folder.
 * @returns The final name and the kind, or `undefined` for any other name.
 *
 * @example Usage
 * ```ts
 * import { parseTemporaryName } from "#lib/store/temporary_name.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseTemporaryName("a.old-0123abcd"), { final: "a", kind: "old" });
 * assertEquals(parseTemporaryName("a.old"), undefined);
 * ```
 */
export function parseTemporaryName(
  name: string,
): { readonly final: string; readonly kind: TemporaryKind } | undefined {
  const match = TEMPORARY.exec(name);
  if (match === null) return undefined;
  return { final: match[1]!, kind: match[2] as TemporaryKind };
}

/**
 * The folder that holds a file or folder.
 *
 * @param path A path; on Windows both separators count.
 * @returns The folder, `.` for a bare name, `/` for a name under the root.
 *
 * @example Usage
 * ```ts
 * import { parentFolder } from "#lib/store/temporary_name.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parentFolder("run/checkpoint/"), "run");
 * assertEquals(parentFolder("run"), ".");
 * ```
 */
export function parentFolder(path: string): string {
  const slashes = Deno.build.os === "windows"
    ? path.replaceAll("\\", "/")
    : path;
  const plain = slashes.replace(/(?<=.)\/+$/, "");
  const cut = plain.lastIndexOf("/");
  if (cut < 0) return ".";
  return cut === 0 ? plain.slice(0, 1) : plain.slice(0, cut);
}
