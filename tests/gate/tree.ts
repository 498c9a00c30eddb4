import { LACKING } from "#tests/support/permitted.ts";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Folders that hold nothing of ours. */
const FOREIGN = new Set([
  ".git",
  ".venv",
  ".venv_others",
  "node_modules",
  "__pycache__",
  "coverage",
  ".ipynb_checkpoints",
]);
const MADE = ["data/runs", "data/cache"];

/** Text of a file, by its path from the root. */
export function textOf(path: string): string {
  return readFileSync(ROOT + path, "utf8");
}

/** Lines of a file, by its path from the root. */
export function linesOf(path: string): number {
  return textOf(path).trimEnd().split("\n").length;
}

/** Paths of all files below a folder that are ours, from the root, in order; none where reading is not permitted. */
export function filesBelow(folder: string): string[] {
  if (LACKING.length > 0 || !existsSync(ROOT + folder)) return [];
  return readdirSync(ROOT + folder, { withFileTypes: true }).flatMap(
    (entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (FOREIGN.has(entry.name) || MADE.includes(path)) return [];
      return entry.isDirectory() ? filesBelow(path) : [path];
    },
  ).sort();
}

/** Paths, from the root, of the files of `lib` that a source file names in its imports. */
export function importsOf(path: string): string[] {
  const specifiers = textOf(path).matchAll(
    /(?:from|import)\s*\(?\s*"([^"]+\.ts)"/g,
  );
  return [...specifiers].flatMap(([, specifier = ""]) => {
    if (specifier.startsWith("#")) return [specifier.slice(1)];
    if (!specifier.startsWith(".")) return [];
    return [new URL(specifier, `file:///${path}`).pathname.slice(1)];
  });
}

/** Every file that is reached from some files through their imports. */
export function reachedFrom(paths: readonly string[]): Set<string> {
  const reached = new Set<string>();
  const waiting = [...paths];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path) || !existsSync(ROOT + path)) continue;
    reached.add(path);
    waiting.push(...importsOf(path));
  }
  return reached;
}
