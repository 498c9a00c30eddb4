import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  read,
  scalarOf,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { contrastive } from "#lib/loss/contrastive.ts";
import { crossEntropy } from "#lib/loss/cross_entropy.ts";
import { falseNegatives } from "#lib/loss/false_negatives.ts";
import { pairwiseCrossEntropy } from "#lib/loss/pairwise_cross_entropy.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import pairwise from "../fixtures/loss/pairwise_cross_entropy.json" with {
  type: "json",
};
import fixture from "../fixtures/loss/contrastive.json" with { type: "json" };
import { evaluate, matrix, testCases } from "./loss_cases.ts";

testCases("contrastive", fixture.cases, (entry) => (s) => {
  const { ways, exclude, options } = entry;
  return contrastive(s, {
    ways,
    ...(exclude && { exclude: Uint8Array.from(exclude) }),
  }, options);
});

testCases("pairwiseCrossEntropy", pairwise.cases, (entry) => (s) => {
  const { exclude, options = {} } = entry;
  return pairwiseCrossEntropy(
    s,
    exclude ? { exclude: Uint8Array.from(exclude) } : {},
    options,
  );
});

Deno.test("contrastive() gives excluded documents neither weight nor gradient", async () => {
  await useEngine("reference");
  const exclude = new Uint8Array([0, 1, 0, 0]);
  const rows = [[-1, 1e30], [-9, -9]];
  const { value, gradient } = evaluate(
    (s) => contrastive(s, { exclude }),
    rows,
  );
  assertAlmostEquals(value, Math.log(2) / 2, 1e-12);
  assertEquals(gradient.slice(0, 2), [0, 0]);
});

Deno.test("contrastive() learns a temperature that is a tensor", async () => {
  await useEngine("reference");
  const scores = matrix([[3, 1], [0, 2]]);
  const lossAt = (t: number) =>
    read(contrastive(scores, {}, { temperature: t }))[0]!;
  const { gradients } = valueAndGradients(
    ({ log }) => contrastive(scores, {}, { temperature: tf.exp(log!) }),
    { log: scalarOf(0.3) },
  );
  const slope = (lossAt(Math.exp(0.3 + 1e-5)) - lossAt(Math.exp(0.3 - 1e-5))) /
    2e-5;
  assertAlmostEquals(read(gradients["log"]!)[0]!, slope, 1e-8);
});

Deno.test("contrastive() refuses columns that are not queries times ways", async () => {
  await useEngine("reference");
  assertThrows(
    () => contrastive(tensorOf([1, 2, 3, 4], [2, 2]), { ways: 2 }),
    ShapeError,
    "Cannot compute a contrastive loss: expected scores [2, 4] for 2 ways, got [2,2]",
  );
});

Deno.test("crossEntropy() refuses labels that are no candidates", async () => {
  await useEngine("reference");
  const scores = matrix([[1, 2]]);
  assertThrows(
    () => crossEntropy(scores, { labels: [2] }),
    RangeError,
    "expected a label below 2, got 2 (query 0)",
  );
  assertThrows(
    () => crossEntropy(scores, { labels: [] }),
    ShapeError,
    "expected 1 labels, got 0",
  );
  const exclude = new Uint8Array([1, 0]);
  assertThrows(
    () => crossEntropy(scores, { labels: [0], exclude }),
    RangeError,
    "expected the label among the candidates, got it excluded (query 0, column 0)",
  );
  assertThrows(
    () => crossEntropy(scores, { labels: [0], exclude: exclude.subarray(1) }),
    ShapeError,
    "expected 2 entries of exclude, got 1",
  );
});

Deno.test("falseNegatives() finds other positives and copies of the positive", () => {
  const documents = ["a", "x", "b", "a"]; // two queries, two ways
  const positives = [new Set(["a", "b"]), new Set(["b"])];
  const exclude = falseNegatives(documents, positives, { ways: 2 });
  assertEquals([...exclude], [0, 0, 1, 1, 0, 0, 0, 0]);
});

Deno.test("falseNegatives() excludes a copy of the positive that is not listed", () => {
  const exclude = falseNegatives(["a", "a"], [new Set(), new Set()]);
  assertEquals([...exclude], [0, 1, 1, 0]);
});

Deno.test("falseNegatives() refuses documents that are not queries times ways", () => {
  assertThrows(
    () => falseNegatives(["a"], [new Set()], { ways: 2 }),
    ShapeError,
    "Cannot find false negatives: expected 2 documents, got 1",
  );
});
