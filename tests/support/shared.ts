import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const said = new Set<string>();

/**
 * Path of a file or folder of the shared data, `../shared` beside the repository,
 * or nothing where it is absent or may not be read; then the reason is printed
 * once.
 *
 * @param name Path below `../shared`, such as `datasets/scifact`.
 */
export function sharedPath(name: string): string | undefined {
  const path = fileURLToPath(
    new URL(`../../../shared/${name}`, import.meta.url),
  );
  const { state } = Deno.permissions.querySync({ name: "read", path });
  const isAllowed = state === "granted";
  if (isAllowed && existsSync(path)) return path;
  const reason = isAllowed ? "is not there" : "may not be read (--allow-read)";
  if (!said.has(name)) console.log(`skipped: ../shared/${name} ${reason}`);
  said.add(name);
  return undefined;
}
