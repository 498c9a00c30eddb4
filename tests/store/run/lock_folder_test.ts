import "#tests/support/permitted.ts";
import { lockFolder } from "#lib/store/run/lock_folder.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { inTemporaryFolder, namesIn } from "../failing_file_system.ts";

Deno.test("lockFolder() lets one in at a time", async () => {
  await inTemporaryFolder(async (parent) => {
    const folder = `${parent}/a/run`;
    const lock = await lockFolder(folder, "train");
    await assertRejects(
      () => lockFolder(folder, "train"),
      Deno.errors.Busy,
      `Cannot train in ${folder}: expected no other process at work there`,
    );
    lock.release();
    (await lockFolder(folder, "train")).release();
    assertEquals(
      namesIn(folder),
      [],
      "nothing came of it, and nothing is left",
    );
  });
});

Deno.test("lockFolder() minds no file that a killed process left", async () => {
  await inTemporaryFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/lock`, "");
    Deno.writeTextFileSync(`${folder}/settings.json`, "");
    (await lockFolder(folder, "train")).release();
    assertEquals(namesIn(folder), ["lock", "settings.json"]);
  });
});

Deno.test("lockFolder() names a place that cannot be written", async () => {
  await inTemporaryFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    await assertRejects(
      () => lockFolder(`${folder}/file/run`, "train"),
      Error,
      "Cannot write",
    );
  });
});
