/** A model on the hub, at a revision. */
export interface HubId {
  /** Owner and name, such as `sentence-transformers/all-MiniLM-L6-v2`. */
  readonly name: string;
  /** Branch, tag or commit; `main` by default. */
  readonly revision: string;
}

/** `owner/name`, and perhaps `@revision`. */
const HUB_ID =
  /^([A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95})(?:@([A-Za-z0-9][\w./-]{0,199}))?$/;

/**
 * Reads a hub id: `owner/name`, or `owner/name@revision`.
 *
 * @param source What the user gave.
 * @returns The id, or `undefined` where it has another form.
 *
 * @example Usage
 * ```ts
 * import { parseHubId } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseHubId("a/b@v1"), { name: "a/b", revision: "v1" });
 * assertEquals(parseHubId("../models/b"), undefined);
 * ```
 */
export function parseHubId(source: string): HubId | undefined {
  const [, name, revision = "main"] = HUB_ID.exec(source) ?? [];
  if (name === undefined || source.includes("..")) return undefined;
  return { name, revision };
}

/**
 * Whether the name of a file on the hub stays below the folder it is put in, on
 * every system.
 *
 * @param name Name with `/` between its parts.
 * @returns Whether every part is a plain file name.
 *
 * @example Usage
 * ```ts
 * import { isPlainPath } from "#lib/mod.ts";
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isPlainPath("1_Dense/config.json"));
 * assertFalse(isPlainPath("../../.bashrc") || isPlainPath("C:\\a") || isPlainPath("/a"));
 * ```
 */
export function isPlainPath(name: string): boolean {
  return name.length > 0 && name.length < 1000 &&
    // deno-lint-ignore no-control-regex -- control characters are what is refused
    !/[\\:\x00-\x1f]/.test(name) &&
    name.split("/").every((part) =>
      part !== "" && part !== "." && part !== ".."
    );
}
