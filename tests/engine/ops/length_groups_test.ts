import { lengthGroups } from "#lib/engine/ops/length_groups.ts";
import { assertEquals } from "@std/assert";

Deno.test("lengthGroups() joins neighbours of one length only", () => {
  const groups = lengthGroups(Int32Array.of(0, 2, 4, 5, 7));
  assertEquals(
    groups.map((
      { text, count, length, start },
    ) => [text, count, length, start]),
    [
      [0, 2, 2, 0],
      [2, 1, 1, 4],
      [3, 1, 2, 5],
    ],
  );
});

Deno.test("lengthGroups() of no text is no group", () =>
  assertEquals(lengthGroups(Int32Array.of(0)), []));
