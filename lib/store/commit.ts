/** A commit's name. */
const COMMIT = /^[0-9a-f]{40}([0-9a-f]{24})?$/;

/**
 * The commit that is checked out, read from the files of git without running it.
 *
 * It says nothing of changes that are not committed.
 *
 * @param root Folder of the repository, default the current one.
 * @returns The commit's hexadecimal name, or `unknown` where there is none or it
 * may not be read.
 *
 * @example Usage
 * ```ts
 * import { checkedOutCommit } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * assertEquals(await checkedOutCommit(folder), "unknown");
 * await Deno.remove(folder);
 * ```
 */
export async function checkedOutCommit(root = "."): Promise<string> {
  const git = await gitFolder(`${root}/.git`);
  if (git === undefined) return "unknown";
  const head = await textOf(`${git}/HEAD`) ?? "";
  if (COMMIT.test(head)) return head;
  const branch = /^ref: (refs\/[\w./-]+)$/.exec(head)?.[1];
  if (branch === undefined || branch.includes("..")) return "unknown";
  // A work tree beside the main one keeps its branches in the common folder.
  const common = await textOf(`${git}/commondir`);
  const folders = [git, ...common === undefined ? [] : [`${git}/${common}`]];
  for (const folder of folders) {
    const found = await textOf(`${folder}/${branch}`) ??
      packed(await textOf(`${folder}/packed-refs`) ?? "", branch);
    if (found !== undefined && COMMIT.test(found)) return found;
  }
  return "unknown";
}

/** The folder of git, which a work tree's `.git` may only name. */
async function gitFolder(path: string): Promise<string | undefined> {
  const text = await textOf(path);
  if (text !== undefined) return /^gitdir: (.+)$/.exec(text)?.[1];
  return await textOf(`${path}/HEAD`) === undefined ? undefined : path;
}

/** A branch's commit among packed ones. */
function packed(refs: string, branch: string): string | undefined {
  return refs.split("\n").find((line) => line.endsWith(` ${branch}`))
    ?.split(" ")[0];
}

/** The trimmed text of a small file, or nothing. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch {
    return undefined;
  }
}
