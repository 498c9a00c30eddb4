import "#tests/support/permitted.ts";
import { openOnnxLibrary } from "#lib/engine/onnx/library.ts";
import { register } from "#lib/engine/onnx/register.ts";
import { assertMatch, assertRejects } from "@std/assert";

Deno.test("openOnnxLibrary() opens the library of the npm package", async () => {
  const { version } = await openOnnxLibrary();
  assertMatch(version, /^1\.\d+\.\d+$/);
});

Deno.test("openOnnxLibrary() says what to do when the file is missing", async () => {
  await assertRejects(
    () => openOnnxLibrary({ path: "/nowhere/libonnxruntime.so.1" }),
    Deno.errors.NotFound,
    "Cannot load the onnx engine: expected a loadable ONNX Runtime library",
  );
});

Deno.test("openOnnxLibrary() refuses a file that is no library", async () => {
  await assertRejects(
    () => openOnnxLibrary({ path: new URL(import.meta.url).pathname }),
    Deno.errors.NotFound,
    "ONNXRUNTIME_LIBRARY",
  );
});

Deno.test({
  name: "openOnnxLibrary() names the permission that is missing",
  permissions: { ffi: false, env: "inherit", read: "inherit" },
  fn: async () => {
    await assertRejects(
      () => openOnnxLibrary(),
      Deno.errors.NotFound,
      "expected permission to call foreign code (--allow-ffi), got none",
    );
  },
});

Deno.test("register() refuses numbers of threads that cannot be", async () => {
  for (const threads of [0, 1.5, -1]) {
    await assertRejects(
      () => register({ threads }),
      RangeError,
      "expected threads of 1 or more",
    );
  }
});
