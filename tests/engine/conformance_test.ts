import { hostKernels } from "#lib/engine/reference/host_kernels.ts";
import { labKernels } from "#lib/engine/reference/lab_kernels.ts";
import { tensorOf, tf } from "#lib/engine/tensor.ts";
import type { TorchBackend } from "#lib/engine/torch/torch_backend.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { assertEquals } from "@std/assert";
import { arrayCases } from "./conformance/array_cases.ts";
import { type Case, evaluate, type Outcome } from "./conformance/case.ts";
import { differences } from "./conformance/compare.ts";
import { knownDifferences } from "./conformance/differences_list.ts";
import { elementwiseCases } from "./conformance/elementwise_cases.ts";
import { extremeCases } from "./conformance/extreme_cases.ts";
import { slopesDiffer } from "./conformance/finite_difference.ts";
import { fusedCases } from "./conformance/fused_cases.ts";
import { longCases } from "./conformance/long_cases.ts";
import { maxSimCases } from "./conformance/max_sim_cases.ts";
import { isPresent } from "./present.ts";

/** The whole table, by what is judged. */
const TABLE: Readonly<Record<string, readonly Case[]>> = {
  "functions of numbers": elementwiseCases,
  "reductions, products, moves and lookups": arrayCases,
  "fused operations": fusedCases,
  "MaxSim": maxSimCases,
  "extremes": extremeCases,
  "long arrays": longCases,
};

/** Who is held against `reference`: the other engines, and TensorFlow.js's own plain backend. */
const JUDGED = [
  "torch",
  "onnx",
  "tensorflow",
  "wasm",
  "webgpu",
  "cpu",
] as const;

/** What each case gives on `reference`, computed once. */
const truth = new Map<Case, Outcome>();

/** What a case gives on `reference`; leaves that engine in use. */
async function wanted(one: Case): Promise<Outcome> {
  const known = truth.get(one);
  if (known) return known;
  await useEngine("reference");
  const outcome = evaluate(one);
  truth.set(one, outcome);
  return outcome;
}

for (const [group, cases] of Object.entries(TABLE)) {
  Deno.test(`reference has the gradients of finite differences on ${group}`, async () => {
    const wrong: string[] = [];
    for (const one of cases) {
      const outcome = await wanted(one);
      if (outcome.leaked !== 0) {
        wrong.push(`${one.name}: leaks ${outcome.leaked}`);
      }
      if ((one.gradient ?? "smooth") !== "smooth") continue;
      wrong.push(...slopesDiffer(one, outcome, 1e-6));
    }
    assertEquals(wrong, []);
  });

  for (const engine of JUDGED) {
    Deno.test(`${engine} agrees with reference on ${group}`, async () => {
      const outcomes: Outcome[] = [];
      for (const one of cases) outcomes.push(await wanted(one));
      const isThere = engine === "cpu"
        ? await tf.setBackend(engine)
        : await isPresent(engine);
      if (!isThere) return;
      const wrong = cases.flatMap((one, i) => {
        const found = differences(
          evaluate(one),
          outcomes[i]!,
          one.tolerance ?? 1e-6,
        );
        return judged(engine, one.name, found);
      });
      assertEquals(wrong, []);
    });
  }
}

/** Whether torch, in use, computes on a GPU. */
function isOnGpu(): boolean {
  return (tf.backend() as TorchBackend).torch.isCuda;
}

/** Lines that count as wrong: unknown differences, and known ones that are gone. */
function judged(engine: string, name: string, found: string[]): string[] {
  const known = knownDifferences.some((one) =>
    one.engine === engine && one.case === name
  );
  if (!known) return found.map((line) => `${name}: ${line}`);
  if (engine === "torch" && isOnGpu()) return []; // listed of the processor's kernels
  return found.length > 0 ? [] : [`${name}: listed as different, but agrees`];
}

Deno.test("plain compositions agree with the fused kernels in 64 bits", async () => {
  const cases = [...fusedCases, ...maxSimCases, ...extremeCases, ...longCases];
  const outcomes: Outcome[] = [];
  for (const one of cases) outcomes.push(await wanted(one));
  await useEngine("reference");
  // TensorFlow.js rounds the constants of its own gradients, as erf's, to 32 bits.
  const tolerance = 1e-7;
  const kernels = Object.keys(labKernels).map((name) =>
    tf.getKernel(name, "reference")
  );
  kernels.forEach(({ kernelName }) =>
    tf.unregisterKernel(kernelName, "reference")
  );
  try {
    const wrong = cases.flatMap((one, i) =>
      differences(evaluate(one), outcomes[i]!, tolerance)
        .map((line) => `${one.name}: ${line}`)
    );
    assertEquals(wrong, []);
  } finally {
    kernels.forEach((kernel) => tf.registerKernel(kernel));
  }
});

Deno.test("the table runs every kernel that reference has", async () => {
  await useEngine("reference");
  const seen = new Set<string>();
  for (const one of Object.values(TABLE).flat()) {
    const { kernelNames } = await tf.profile(() => {
      evaluate(one);
      return tensorOf([0], []);
    });
    kernelNames.forEach((name) => seen.add(name));
  }
  const all = [...Object.keys(hostKernels), ...Object.keys(labKernels)];
  assertEquals(all.filter((name) => !seen.has(name)), []);
});
