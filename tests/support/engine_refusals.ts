import { openOnnxLibrary } from "#lib/engine/onnx/library.ts";
import { assertRejects } from "@std/assert";

/** ONNX Runtime's library in its npm package, on the one system we have it for here. */
const STAND_IN = "onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1";

/**
 * A folder with a library that can be loaded under a name that is not its own.
 *
 * @param name The file's name.
 * @returns The folder, or why there is none.
 */
export async function standIn(
  name: string,
): Promise<{ readonly folder: string; readonly skipped?: string }> {
  if (`${Deno.build.os} ${Deno.build.arch}` !== "linux x86_64") {
    const skipped = "skipped: the stand-in is a library for linux x86_64";
    return { folder: "", skipped };
  }
  await openOnnxLibrary(); // puts the stand-in into Deno's cache
  const folder = await Deno.makeTempDir();
  const file = new URL(import.meta.resolve(STAND_IN));
  await Deno.copyFile(file, `${folder}/${name}`);
  return { folder };
}

/** How an engine that needs foreign code starts. */
export interface StartingEngine {
  /** Opens its library where that usually is. */
  readonly open: () => Promise<unknown>;
  /** Registers it. */
  readonly register: (options: { threads: number }) => Promise<unknown>;
}

/**
 * Tests what every engine refuses that needs foreign code: a missing permission,
 * and numbers of threads that cannot be.
 *
 * @param engine How it starts.
 */
export function testRefusals({ open, register }: StartingEngine): void {
  Deno.test({
    name: `${open.name}() names the permission that is missing`,
    permissions: { ffi: false, env: "inherit", read: "inherit" },
    fn: async () => {
      await assertRejects(
        () => open(),
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
}
