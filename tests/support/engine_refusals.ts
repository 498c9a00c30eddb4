import { assertRejects } from "@std/assert";

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
