import "#tests/support/permitted.ts";
import { findTorch } from "#lib/engine/torch/find_library.ts";
import { gpuName, openGpu } from "#lib/engine/torch/gpu.ts";
import { openTorch } from "#lib/engine/torch/library.ts";
import { register } from "#lib/engine/torch/register.ts";
import { standIn, testRefusals } from "#tests/support/engine_refusals.ts";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { torchBackend } from "./present.ts";

/** A folder with a file that has libtorch's name and is something else. */
async function folderWith(bytes: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/torch/lib`, { recursive: true });
  for (const end of ["so", "dylib"]) {
    await Deno.writeTextFile(`${folder}/torch/lib/libtorch_cpu.${end}`, bytes);
  }
  return folder;
}

Deno.test("openTorch() opens libtorch 2.10 or newer where there is one", async () => {
  if (!await torchBackend()) return;
  const { version } = await openTorch();
  assertMatch(version, /^2\.\d\d\.\d+$/);
});

Deno.test("openTorch() says what was tried and what to do when there is none", async () => {
  await assertRejects(
    () =>
      openTorch({
        named: "",
        installed: "/nowhere",
        python: "no-such-python",
      }),
    Deno.errors.NotFound,
    "Cannot load the torch engine: expected libtorch 2.10 or newer (run `deno task engine install torch`, or name the folder of an installed libtorch or PyTorch in LIBTORCH), got none: installation: no libtorch_cpu.",
  );
});

Deno.test("findTorch() looks nowhere else when LIBTORCH names a folder", async () => {
  const installed = await folderWith("");
  const { found, tried } = await findTorch({ named: "/nowhere/", installed });
  assertEquals(found, undefined);
  assertEquals(tried.length, 1);
  assertMatch(tried[0]!, /^LIBTORCH: no libtorch_cpu\.\w+ in \/nowhere, /);
});

Deno.test("findTorch() finds what an installation put below a folder", async () => {
  const installed = await folderWith("");
  const { found } = await findTorch({ named: "", installed });
  assertEquals(found?.folder, `${installed}/torch/lib`);
  assertEquals(found?.from, "installation");
});

Deno.test({
  name: "findTorch() says when it may not ask a Python",
  permissions: { run: false, read: "inherit", env: "inherit" },
  fn: async () => {
    const { tried } = await findTorch({ named: "", installed: "/nowhere" });
    assertEquals(tried[1], "python3: not asked (--allow-run=python3)");
  },
});

Deno.test("openTorch() refuses a file that is no library", async () => {
  const named = await folderWith("no library");
  await assertRejects(
    () => openTorch({ named }),
    Deno.errors.NotFound,
    "Cannot load the torch engine: expected a loadable libtorch (run",
  );
});

Deno.test("openTorch() refuses a library without the stable interface, as those before 2.10", async () => {
  const { folder: named, skipped } = await standIn("libtorch_cpu.so");
  if (skipped) return console.log(skipped);
  await assertRejects(
    () => openTorch({ named }),
    Deno.errors.NotFound,
    `an older one in ${named}`,
  );
});

testRefusals({ open: openTorch, register });

Deno.test("openGpu() says that there is no GPU where there is no driver", () => {
  assertEquals(openGpu("/nowhere", "no-such-driver.so"), { text: "no GPU" });
  assertEquals(gpuName("no-such-driver.so"), undefined);
});
