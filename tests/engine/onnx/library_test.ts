import "#tests/support/permitted.ts";
import { openOnnxLibrary } from "#lib/engine/onnx/library.ts";
import { register } from "#lib/engine/onnx/register.ts";
import { testRefusals } from "#tests/support/engine_refusals.ts";
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

testRefusals({ open: openOnnxLibrary, register });
