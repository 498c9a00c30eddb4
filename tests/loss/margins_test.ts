import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { read, scalarOf, tensorOf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { klDivergence } from "#lib/loss/kl_divergence.ts";
import { lambdaRank } from "#lib/loss/lambda_rank.ts";
import { listNet } from "#lib/loss/list_net.ts";
import { marginMse, type MarginMseOptions } from "#lib/loss/margin_mse.ts";
import { pointwiseMse } from "#lib/loss/pointwise_mse.ts";
import { rankNet, weightedRankNet } from "#lib/loss/rank_net.ts";
import { sumOfLosses } from "#lib/loss/sum_of_losses.ts";
import { tctDistillation } from "#lib/loss/tct_distillation.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import lambda from "../fixtures/loss/lambda_rank.json" with { type: "json" };
import list from "../fixtures/loss/list_net.json" with { type: "json" };
import margin from "../fixtures/loss/margin_mse.json" with { type: "json" };
import pointwise from "../fixtures/loss/pointwise_mse.json" with {
  type: "json",
};
import rank from "../fixtures/loss/rank_net.json" with { type: "json" };
import { evaluate, matrix, testCases } from "./loss_cases.ts";

testCases(
  "marginMse",
  margin.cases,
  ({ teacher, options }) => (s) =>
    marginMse(s, matrix(teacher), options as MarginMseOptions),
);
testCases(
  "pointwiseMse",
  pointwise.cases,
  ({ teacher }) => (s) => pointwiseMse(s, matrix(teacher)),
);
testCases(
  "rankNet",
  rank.cases,
  ({ teacher }) => (s) =>
    teacher ? weightedRankNet(s, matrix(teacher)) : rankNet(s),
);
testCases(
  "listNet",
  list.cases,
  ({ teacher }) => (s) => listNet(s, matrix(teacher)),
);
testCases(
  "lambdaRank",
  lambda.cases,
  ({ teacher }) => (s) => lambdaRank(s, matrix(teacher)),
);

Deno.test("lambdaRank() differs from sentence-transformers by its mean alone", () => {
  const [entry] = lambda.cases;
  const { value, pairs } = entry!.library;
  const sums = value * pairs / entry!.scores.length;
  assertAlmostEquals(entry!.value, sums, 1e-5);
});

Deno.test("marginMse() compares margins, not heights", async () => {
  await useEngine("reference");
  const student = matrix([[5, 3, 1]]);
  const loss = marginMse(student, matrix([[105, 103, 101]]));
  assertEquals(read(loss)[0], 0);
});

Deno.test("marginMse() with a hinge forgives margins that are too small", async () => {
  await useEngine("reference");
  const options = { form: "hinge" } as const;
  const teacher = matrix([[5, 0]]);
  assertEquals(read(marginMse(matrix([[1, 0]]), teacher, options))[0], 0);
  assertEquals(read(marginMse(matrix([[7, 0]]), teacher, options))[0], 4);
});

Deno.test("listNet() has the gradient of klDivergence()", async () => {
  await useEngine("reference");
  const [{ scores, teacher }] = list.cases as [typeof list.cases[number]];
  const one = evaluate((s) => listNet(s, matrix(teacher)), scores);
  const other = evaluate((s) => klDivergence(s, matrix(teacher)), scores);
  one.gradient.forEach((value, i) =>
    assertAlmostEquals(value, other.gradient[i]!, 1e-14)
  );
});

Deno.test("lambdaRank() is 0 when all labels are equal", async () => {
  await useEngine("reference");
  const { value, gradient } = evaluate(
    (s) => lambdaRank(s, matrix([[1, 1, 1]])),
    [[3, 1, 2]],
  );
  assertEquals([value, ...gradient], [0, 0, 0, 0]);
});

Deno.test("tctDistillation() adds queries up when told so", async () => {
  await useEngine("reference");
  const [student, teacher] = [
    matrix([[1, 2], [0, 3]]),
    matrix([[1, 0], [0, 1]]),
  ];
  const mean = read(tctDistillation(student, teacher))[0]!;
  const sum = tctDistillation(student, teacher, { reduction: "sum" });
  assertAlmostEquals(read(sum)[0]!, 2 * mean, 1e-14);
});

Deno.test("sumOfLosses() leaves a loss of weight 0 out, also when it is NaN", async () => {
  await useEngine("reference");
  const total = sumOfLosses([
    { loss: scalarOf(NaN), weight: 0 },
    { loss: scalarOf(3), weight: 2 },
  ]);
  assertEquals(read(total)[0], 6);
  assertThrows(
    () => sumOfLosses([{ loss: scalarOf(1), weight: 0 }]),
    RangeError,
    "Cannot add losses: expected at least one with a weight other than 0, got none",
  );
});

Deno.test("losses of margins refuse a single way", async () => {
  await useEngine("reference");
  const one = tensorOf([1], [1, 1]);
  assertThrows(
    () => marginMse(one, one),
    ShapeError,
    "Cannot compare margins: expected scores [queries, ways] with at least 2 ways, got [1,1]",
  );
  assertThrows(() => rankNet(one), ShapeError, "at least 2 ways, got [1,1]");
});

Deno.test("losses with a teacher refuse another shape", async () => {
  await useEngine("reference");
  const [scores, teacher] = [
    tensorOf([1, 2], [1, 2]),
    tensorOf([1, 2], [2, 1]),
  ];
  for (
    const loss of [
      marginMse,
      pointwiseMse,
      weightedRankNet,
      listNet,
      lambdaRank,
    ]
  ) {
    assertThrows(
      () => loss(scores, teacher),
      ShapeError,
      "expected teacher scores [1,2], got [2,1]",
    );
  }
});

Deno.test("lambdaRank() refuses negative labels", async () => {
  await useEngine("reference");
  assertThrows(
    () => lambdaRank(tensorOf([1, 2], [1, 2]), tensorOf([0, -1], [1, 2])),
    RangeError,
    "Cannot compare ranks: expected labels of at least 0, got -1",
  );
});
