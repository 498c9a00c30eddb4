import "#tests/support/permitted.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import type { Tensors } from "#lib/engine/torch/tensors.ts";
import { assertEquals } from "@std/assert";
import { arrayCases } from "../conformance/array_cases.ts";
import { type Case, evaluate } from "../conformance/case.ts";
import { differences } from "../conformance/compare.ts";
import { fusedCases } from "../conformance/fused_cases.ts";
import { maxSimCases } from "../conformance/max_sim_cases.ts";
import { torchBackend } from "./present.ts";

/** What stores its result in 16 bits; everything else stays in 32. */
const SHORT = /^(linear|feedForward|attention|layerNorm)/;

/**
 * bf16 keeps 8 bits: every number that is stored is off by up to 2^-9 of itself.
 * Sums of up to five products of numbers up to 2 are then off by 0.02, and some
 * gradients of these cases are no larger than 0.06 to 0.2.
 */
const BF16 = 0.1;

/** As in the conformance suite. */
const FP32 = 1e-6;

/** Whether a case is computed in 16 bits; a GPU multiplies MaxSim's vectors so too. */
function isRounded(name: string, { isCuda }: Pick<Tensors, "isCuda">): boolean {
  return SHORT.test(name) || (isCuda && name.startsWith("maxSim"));
}

for (const isShort of [true, false]) {
  Deno.test(
    `torch in bf16, products in ${
      isShort ? "bf16" : "32 bits"
    }, agrees with reference: layers within 10 %, everything else as in 32 bits`,
    async () => {
      const cases: Case[] = [...fusedCases, ...maxSimCases, ...arrayCases];
      await useEngine("reference");
      const truth = cases.map(evaluate);
      const backend = await torchBackend("bf16");
      if (!backend) return;
      const usual = backend.isShort;
      backend.isShort = isShort;
      const wrong = cases.flatMap((one, i) =>
        differences(
          evaluate(one),
          truth[i]!,
          isRounded(one.name, backend.torch) ? BF16 : one.tolerance ?? FP32,
        ).map((line) => `${one.name}: ${line}`)
      );
      backend.isShort = usual;
      await torchBackend();
      assertEquals(wrong, []);
    },
  );
}
