import { assertEquals } from "@std/assert";
import { hardNegatives } from "#lib/teach/hard_negatives.ts";

const ranked = ["a", "b", "c", "d", "e"].map((id, i) => [id, 5 - i] as const);
const rank = (_: string, depth: number) => ranked.slice(0, depth);

Deno.test("hardNegatives() keeps the order and leaves the relevant out", () => {
  assertEquals(hardNegatives(rank, "q", { relevant: ["b"], depth: 3 }), [
    "a",
    "c",
    "d",
  ]);
});

Deno.test("hardNegatives() skips the best when asked", () => {
  assertEquals(
    hardNegatives(rank, "q", { relevant: ["a"], depth: 2, skip: 1 }),
    ["c", "d"],
  );
});

Deno.test("hardNegatives() returns fewer where the ranking is short", () => {
  assertEquals(
    hardNegatives(rank, "q", { relevant: ["a", "b", "c", "d", "e"] }),
    [],
  );
});
