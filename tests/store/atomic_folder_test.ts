import "#tests/support/permitted.ts";
import { writeFolderAtomically } from "#lib/store/atomic_folder.ts";
import { cleanTemporaries } from "#lib/store/clean_temporaries.ts";
import { DiskFullError } from "#lib/store/disk_full_error.ts";
import { sha256Of } from "#lib/store/sha256.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  failingFileSystem,
  inTemporaryFolder,
  namesIn,
} from "./failing_file_system.ts";

const files = (text: string) => [
  { name: "a", content: text },
  { name: "b/c", content: [new TextEncoder().encode(text), Uint8Array.of(33)] },
];

/** What the folder holds: the whole of one version, or a complaint. */
function version(folder: string): string {
  const a = Deno.readTextFileSync(`${folder}/a`);
  assertEquals(Deno.readTextFileSync(`${folder}/b/c`), `${a}!`);
  return a;
}

Deno.test("writeFolderAtomically() leaves a whole folder when killed at any operation", async () => {
  let finished = false;
  for (let at = 0; !finished; at++) {
    await inTemporaryFolder(async (parent) => {
      await writeFolderAtomically(`${parent}/f`, files("old"));
      const { fileSystem } = failingFileSystem(at, "killed");
      finished = await writeFolderAtomically(`${parent}/f`, files("new"), {
        fileSystem,
      })
        .then(() => true, () => false);
      await cleanTemporaries(parent);
      assertEquals(namesIn(parent), ["f"]);
      const got = version(`${parent}/f`);
      assert(got === "new" || (got === "old" && !finished), got);
    });
  }
});

Deno.test("writeFolderAtomically() leaves nothing or the old folder when the disk is full", async () => {
  for (let at = 0; at < 7; at++) {
    await inTemporaryFolder(async (parent) => {
      if (at % 2 === 0) {
        await writeFolderAtomically(`${parent}/f`, files("old"));
      }
      const { fileSystem } = failingFileSystem(at, "disk full");
      await assertRejects(
        () =>
          writeFolderAtomically(`${parent}/f`, files("new"), { fileSystem }),
        DiskFullError,
        `Cannot write ${parent}/f`,
      );
      assertEquals(namesIn(parent), at % 2 === 0 ? ["f"] : []);
      if (at % 2 === 0) assertEquals(version(`${parent}/f`), "old");
    });
  }
});

Deno.test("writeFolderAtomically() shows the seal every file's length and digest", async () => {
  await inTemporaryFolder(async (parent) => {
    await writeFolderAtomically(`${parent}/f`, files("x"), {
      seal: (written) => ({ name: "seal", content: JSON.stringify(written) }),
    });
    assertEquals(JSON.parse(await Deno.readTextFile(`${parent}/f/seal`)), [
      {
        name: "a",
        bytes: 1,
        sha256: sha256Of([new TextEncoder().encode("x")]),
      },
      {
        name: "b/c",
        bytes: 2,
        sha256: sha256Of([new TextEncoder().encode("x!")]),
      },
    ]);
  });
});
