import "#tests/support/permitted.ts";
import { assertEquals } from "@std/assert";
import { checkedOutCommit } from "#lib/store/commit.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** The commit told of a repository with these files. */
async function commitOf(
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const root = await Deno.makeTempDir();
  try {
    for (const [path, text] of Object.entries(files)) {
      const whole = `${root}/${path}`;
      await Deno.mkdir(whole.slice(0, whole.lastIndexOf("/")), {
        recursive: true,
      });
      await Deno.writeTextFile(whole, text.replaceAll("ROOT", root));
    }
    return await checkedOutCommit(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const BRANCH = "ref: refs/heads/some-branch\n";

Deno.test("checkedOutCommit() follows a branch, loose or packed, and a bare commit", async () => {
  assertEquals(await commitOf({ ".git/HEAD": COMMIT + "\n" }), COMMIT);
  assertEquals(
    await commitOf({
      ".git/HEAD": BRANCH,
      ".git/refs/heads/some-branch": COMMIT,
    }),
    COMMIT,
  );
  assertEquals(
    await commitOf({
      ".git/HEAD": BRANCH,
      ".git/packed-refs": `# x\n${COMMIT} refs/heads/some-branch\n`,
    }),
    COMMIT,
  );
});

Deno.test("checkedOutCommit() follows a work tree to its common folder", async () => {
  assertEquals(
    await commitOf({
      ".git": "gitdir: ROOT/main/.git/worktrees/w\n",
      "main/.git/worktrees/w/HEAD": BRANCH,
      "main/.git/worktrees/w/commondir": "../..\n",
      "main/.git/refs/heads/some-branch": COMMIT,
    }),
    COMMIT,
  );
});

Deno.test("checkedOutCommit() is unknown where git says nothing usable", async () => {
  assertEquals(await commitOf({ "a/b": "" }), "unknown");
  assertEquals(
    await commitOf({ ".git/HEAD": "ref: refs/heads/../../x" }),
    "unknown",
  );
  assertEquals(
    await commitOf({
      ".git/HEAD": BRANCH,
      ".git/refs/heads/some-branch": "no commit",
    }),
    "unknown",
  );
});
