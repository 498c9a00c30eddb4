import "#tests/support/permitted.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { assertEquals, assertLess } from "@std/assert";
import { apart, measured, side } from "../max_sim_sides.ts";
import { tensorFlowBackend } from "./present.ts";

/** Texts of mixed lengths up to `longest`, some tokens of each dropped. */
function texts(name: string, count: number, longest: number) {
  const lengths = Array.from({ length: count }, (_, i) => longest - i % 5);
  return side(name, lengths, { dropped: (place) => place % 4 === 0 });
}

// More than the million similarities that make a piece on a processor.
const CASES = [
  { counts: [60, 50], longest: [32, 20], ways: undefined },
  { counts: [40, 120], longest: [32, 320], ways: 3 },
] as const;

for (const { counts, longest, ways } of CASES) {
  Deno.test(`maxSim() on tensorflow goes piece by piece, ways ${ways}`, async () => {
    const backend = await tensorFlowBackend();
    if (!backend) return;
    const queries = texts("queries", counts[0], longest[0]);
    const documents = texts("documents", counts[1], longest[1]);
    await useEngine("reference");
    const wanted = measured(queries, documents, ways);
    await useEngine("tensorflow");
    const before = backend.usage();
    const got = measured(queries, documents, ways);
    assertEquals(backend.usage(), before);
    // 4 products and up to 60 sums in 32 bits
    for (const share of apart(wanted, got)) assertLess(share, 2e-6);
  });
}
