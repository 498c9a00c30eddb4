/**
 * Makes a test file that reads, writes, connects, starts programs or opens
 * libraries skip itself, saying so, where Deno may not: import it first, and
 * bare `deno test` works.
 *
 *     import "#tests/support/permitted.ts";
 *
 * Everything is permitted by `deno task test`.
 *
 * @module
 */

import { hideLibraryPaths } from "#lib/engine/installation.ts";

const NEEDED: readonly Deno.PermissionDescriptor[] = [
  { name: "read" },
  { name: "write" },
  { name: "env" },
  { name: "sys" },
  { name: "ffi" },
  { name: "net", host: "127.0.0.1" },
  { name: "run", command: Deno.execPath() },
];

/** The permissions that this run lacks, by name. */
export const LACKING: readonly string[] = NEEDED
  .filter((permission) =>
    Deno.permissions.querySync(permission).state !== "granted"
  )
  .map(({ name }) => name);

/** A function like `Deno.test` that registers every test as skipped. */
export function skipping(
  test: (definition: Deno.TestDefinition) => void,
): typeof Deno.test {
  const skip = (...given: readonly unknown[]) => {
    test({ name: nameOf(given), ignore: true, fn: () => {} });
  };
  return Object.assign(skip, {
    ignore: skip,
    only: skip,
    skip,
    disableSanitizers: () => {},
  }) as unknown as typeof Deno.test;
}

/** The name of a test, in whichever of the forms of `Deno.test` it was given. */
function nameOf(given: readonly unknown[]): string {
  for (const part of given) {
    if (typeof part === "string") return part;
    const name = (part as { readonly name?: unknown } | null)?.name;
    if (typeof name === "string" && name !== "") return name;
  }
  return "test without a name";
}

if (LACKING.length === 0) hideLibraryPaths();
else {
  console.log(
    `skipped: these tests need ${LACKING.join(", ")}; deno task test gives it`,
  );
  Object.defineProperty(Deno, "test", { value: skipping(Deno.test) });
}
