import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const said = new Set<string>();

/**
 * Path of a file or folder of the shared data, `../shared` beside the repository,
 * or nothing where it is absent; then the reason is printed once.
 *
 * @param name Path below `../shared`, such as `datasets/scifact`.
 */
export function sharedPath(name: string): string | undefined {
  const path = fileURLToPath(
    new URL(`../../../shared/${name}`, import.meta.url),
  );
  if (existsSync(path)) return path;
  if (!said.has(name)) console.log(`skipped: ../shared/${name} is not there`);
  said.add(name);
  return undefined;
}
