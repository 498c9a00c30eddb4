import "#tests/support/permitted.ts";
import { hideLibraryPaths, pythonFolder } from "#lib/engine/installation.ts";
import { assertEquals, assertMatch } from "@std/assert";

/** Runs with variables set, and takes them away. */
async function withVariables(
  variables: Readonly<Record<string, string>>,
  run: () => void | Promise<void>,
): Promise<void> {
  for (const [name, text] of Object.entries(variables)) {
    Deno.env.set(name, text);
  }
  try {
    await run();
  } finally {
    for (const name of [...Object.keys(variables), "LAB_LIBRARY_PATH"]) {
      Deno.env.delete(name);
    }
  }
}

Deno.test("hideLibraryPaths() takes the linker's variables away and keeps the folders under a name of ours", () =>
  withVariables({ LD_LIBRARY_PATH: "/a:/b", LD_PRELOAD: "" }, () => {
    hideLibraryPaths();
    const names = ["LD_LIBRARY_PATH", "LAB_LIBRARY_PATH"];
    assertEquals(names.map((name) => Deno.env.get(name)), [undefined, "/a:/b"]);
    hideLibraryPaths();
    assertEquals(Deno.env.get("LAB_LIBRARY_PATH"), "/a:/b");
  }));

Deno.test("pythonFolder() asks a Python where LD_LIBRARY_PATH is set, as in containers with a GPU", () =>
  withVariables({ LD_LIBRARY_PATH: "/usr/local/nvidia/lib64" }, async () => {
    const { folder, reason } = await pythonFolder("python3", "json");
    if (/has no|not asked/.test(reason)) {
      return console.log(`skipped: ${reason}`);
    }
    assertMatch(folder ?? reason, /json$/);
  }));
