import { assertEquals } from "@std/assert";
import { nearestName } from "#lib/num/nearest_name.ts";

const known = ["optimizer", "learning-rate", "loss", "ndcg_cut_10"];

Deno.test("nearestName() finds a name one edit away", () => {
  assertEquals(nearestName("optimiser", known), "optimizer");
  assertEquals(nearestName("los", known), "loss");
});

Deno.test("nearestName() counts swapped neighbours as one edit", () => {
  assertEquals(nearestName("lsos", ["loss", "lab"]), "loss");
});

Deno.test("nearestName() ignores case", () => {
  assertEquals(nearestName("NDCG_CUT_10", known), "ndcg_cut_10");
});

Deno.test("nearestName() suggests nothing that is far", () => {
  assertEquals(nearestName("temperature", ["loss"]), undefined);
  assertEquals(nearestName("x", []), undefined);
});
