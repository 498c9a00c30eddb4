import {
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertThrows,
} from "@std/assert";
import { tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import {
  klDivergence,
  type KlDivergenceOptions,
} from "#lib/loss/kl_divergence.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import fixture from "../fixtures/loss/kl_divergence.json" with { type: "json" };
import { evaluate, matrix, testCases } from "./loss_cases.ts";

const BOTH = { student: "min-max", teacher: "min-max" } as const;

Deno.test("klDivergence() is the sum of p log(p / q) when worked by hand", async () => {
  await useEngine("reference");
  const [student, teacher] = [[[0, 0]], [[Math.log(3), 0]]]; // 1/2, 1/2; 3/4, 1/4
  const { value } = evaluate((s) => klDivergence(s, matrix(teacher)), student);
  assertAlmostEquals(value, 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5), 1e-12);
});

testCases(
  "klDivergence",
  fixture.cases,
  ({ teacher, options }) => (s) =>
    klDivergence(s, matrix(teacher), options as KlDivergenceOptions),
);

Deno.test("klDivergence() sends min-max's gradient through the first of tied extremes", async () => {
  await useEngine("reference");
  const rows = [[4, 7, 7, 4]];
  const teacher = [[1, 0, 2, 2]];
  const { gradient } = evaluate(
    (s) => klDivergence(s, matrix(teacher), BOTH),
    rows,
  );
  // Adding a constant to all scores changes nothing, so the gradient sums to 0.
  assertLess(Math.abs(gradient.reduce((a, b) => a + b)), 1e-12);
});

Deno.test("klDivergence() is 0 with a gradient of 0 when all scores of min-max tie", async () => {
  await useEngine("reference");
  const rows = [[2, 2, 2]];
  const { value } = evaluate((s) => klDivergence(s, matrix(rows), BOTH), rows);
  assertEquals(value, 0);
});

Deno.test("klDivergence() of a uniform min-max student is 0.028 from a one-hot teacher of 32", async () => {
  await useEngine("reference");
  const teacher = [Array.from({ length: 32 }, (_, i) => i === 0 ? 1 : 0)];
  const student = [Array(32).fill(5)];
  const { value } = evaluate(
    (s) => klDivergence(s, matrix(teacher), BOTH),
    student,
  );
  assertAlmostEquals(value, 0.028, 5e-4);
});

Deno.test("klDivergence() refuses teachers of another shape", async () => {
  await useEngine("reference");
  assertThrows(
    () => klDivergence(tensorOf([1, 2], [1, 2]), tensorOf([1], [1, 1])),
    ShapeError,
    "Cannot compute a divergence: expected teacher scores [1,2], got [1,1]",
  );
  assertThrows(
    () => klDivergence(tensorOf([1, 2], [2]), tensorOf([1, 2], [2])),
    ShapeError,
    "expected scores [queries, ways], got [2]",
  );
});

Deno.test("klDivergence() refuses temperatures and lengths that are not greater than 0", async () => {
  await useEngine("reference");
  const scores = matrix([[1, 2]]);
  assertThrows(
    () => klDivergence(scores, scores, { studentTemperature: 0 }),
    RangeError,
    "Cannot divide scores: expected a temperature greater than 0, got 0",
  );
  assertThrows(
    () => klDivergence(scores, scores, { student: "query-length" }),
    RangeError,
    "expected queryLength greater than 0 for query-length, got undefined",
  );
});
