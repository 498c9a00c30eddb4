import "#tests/support/permitted.ts";
import { writeFileAtomically } from "#lib/store/atomic_file.ts";
import { cleanTemporaries } from "#lib/store/clean_temporaries.ts";
import { DiskFullError } from "#lib/store/disk_full_error.ts";
import { parentFolder } from "#lib/store/temporary_name.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  failingFileSystem,
  inTemporaryFolder,
  namesIn,
} from "./failing_file_system.ts";

Deno.test("writeFileAtomically() leaves the old or the new file when killed at any operation", async () => {
  let finished = false;
  for (let at = 0; !finished; at++) {
    await inTemporaryFolder(async (folder) => {
      const path = `${folder}/a`;
      await writeFileAtomically(path, "old");
      const { fileSystem, count } = failingFileSystem(at, "killed");
      const write = writeFileAtomically(path, "new, and longer", {
        fileSystem,
      });
      finished = await write.then(() => true, () => false);
      const text = await Deno.readTextFile(path);
      assert(text === "old" || text === "new, and longer", text);
      assert(!finished || text === "new, and longer");
      await cleanTemporaries(folder);
      assertEquals(namesIn(folder), ["a"]);
      assert(finished || count() > at);
    });
  }
});

Deno.test("writeFileAtomically() keeps the old file and no other when the disk is full", async () => {
  for (let at = 0; at < 2; at++) {
    await inTemporaryFolder(async (folder) => {
      await writeFileAtomically(`${folder}/a`, "old");
      const { fileSystem } = failingFileSystem(at, "disk full");
      await assertRejects(
        () => writeFileAtomically(`${folder}/a`, "new", { fileSystem }),
        DiskFullError,
        `Cannot write ${folder}/a: expected free space on the disk`,
      );
      assertEquals(namesIn(folder), ["a"]);
      assertEquals(await Deno.readTextFile(`${folder}/a`), "old");
    });
  }
});

Deno.test("writeFileAtomically() names the path when the folder is not there", async () => {
  await assertRejects(
    () => writeFileAtomically("none/at/all", "a"),
    Deno.errors.NotFound,
    "Cannot write none/at/all: expected a place to write, got",
  );
});

Deno.test("writeFileAtomically() keeps the class of the system's refusal when a folder has the name", async () => {
  await inTemporaryFolder(async (folder) => {
    await Deno.mkdir(`${folder}/a/b`, { recursive: true });
    const error = await writeFileAtomically(`${folder}/a`, "text").catch((e) =>
      e
    );
    assert(
      error.message.startsWith(`Cannot write ${folder}/a: `),
      error.message,
    );
    assertEquals(namesIn(folder), ["a"]);
  });
});

Deno.test("writeError() recognises a really full device", async () => {
  if (Deno.build.os !== "linux") return console.log("skipped: no /dev/full");
  // Opening a device asks for every permission, so another process does it.
  const script = new URL("full_device.ts", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", script],
    stdout: "piped",
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "DiskFullError\n");
});

Deno.test("cleanTemporaries() touches only names of its own form", async () => {
  await inTemporaryFolder(async (folder) => {
    const kept = ["a.tmp", "b.old-xyz", "c.tmp-0123456", "d"];
    for (const name of [...kept, "e.tmp-01234567", "d.old-01234567"]) {
      await Deno.writeTextFile(`${folder}/${name}`, name);
    }
    await cleanTemporaries(folder);
    assertEquals(namesIn(folder), kept);
    assertEquals(await Deno.readTextFile(`${folder}/d`), "d");
  });
});

Deno.test("cleanTemporaries() does nothing when the folder is not there", async () => {
  await cleanTemporaries("none/at/all");
});

Deno.test("parentFolder() cuts the last part", () => {
  const parents = ["a/b", "a/b/", "a", "/a", "./a", "/"].map(parentFolder);
  assertEquals(parents, ["a", "a", ".", "/", ".", "/"]);
});
