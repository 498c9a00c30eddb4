import "#tests/support/permitted.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
} from "@std/assert";
import { stream } from "#lib/num/stream.ts";
import { read, type Tensor, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { contrastive } from "#lib/loss/contrastive.ts";
import { klDivergence } from "#lib/loss/kl_divergence.ts";
import { lambdaRank } from "#lib/loss/lambda_rank.ts";
import { listNet } from "#lib/loss/list_net.ts";
import { marginMse } from "#lib/loss/margin_mse.ts";
import { pairwiseCrossEntropy } from "#lib/loss/pairwise_cross_entropy.ts";
import { pointwiseMse } from "#lib/loss/pointwise_mse.ts";
import { rankNet, weightedRankNet } from "#lib/loss/rank_net.ts";
import { sumOfLosses } from "#lib/loss/sum_of_losses.ts";
import { tctDistillation } from "#lib/loss/tct_distillation.ts";
import { evaluate, matrix } from "./loss_cases.ts";

type Rows = number[][];
/** A loss of `[queries, ways]` scores and a teacher's, of the same shape. */
type RowLoss = (scores: Tensor, teacher: Tensor) => Tensor;

const both = { student: "min-max", teacher: "min-max" } as const;

/** Every loss that takes each query by itself. */
const LOSSES: Readonly<Record<string, RowLoss>> = {
  "klDivergence": klDivergence,
  "klDivergence, min-max": (s, t) => klDivergence(s, t, both),
  "klDivergence, temperatures": (s, t) =>
    klDivergence(s, t, { studentTemperature: 2, teacherTemperature: 0.5 }),
  "klDivergence, query length": (s, t) =>
    klDivergence(s, t, { student: "query-length", queryLength: 32 }),
  "tctDistillation": tctDistillation,
  "pairwiseCrossEntropy": (s) => pairwiseCrossEntropy(s),
  "pairwiseCrossEntropy, temperature": (s) =>
    pairwiseCrossEntropy(s, {}, { temperature: 0.25 }),
  "marginMse": marginMse,
  "marginMse, all pairs": (s, t) => marginMse(s, t, { form: "all-pairs" }),
  "marginMse, hinge": (s, t) => marginMse(s, t, { form: "hinge" }),
  "pointwiseMse": pointwiseMse,
  "rankNet": (s) => rankNet(s),
  "weightedRankNet": weightedRankNet,
  "listNet": listNet,
  "lambdaRank": lambdaRank,
  "sumOfLosses": (s, t) =>
    tf.tidy(() =>
      sumOfLosses([
        { loss: klDivergence(s, t), weight: 1 },
        { loss: marginMse(s, t), weight: 0.05 },
      ])
    ),
};

/** Losses that need two ways, or ask for the teacher's very score. */
const PAIRED = /Mse|rankNet|RankNet|sumOfLosses/;

/** Losses that grow with the square of the scores: 1e30 squared is no float32. */
const SQUARED = /Mse|sumOfLosses/;

/** Scores and labels of a random batch. */
function batch(queries: number, ways: number) {
  const random = stream(7, "losses");
  const rows = (draw: () => number): Rows =>
    Array.from({ length: queries }, () => Array.from({ length: ways }, draw));
  return {
    scores: rows(() => random.normal() * 3),
    teacher: rows(() => random.next() * 3),
  };
}

for (const [name, loss] of Object.entries(LOSSES)) {
  Deno.test(`${name} has the gradient that finite differences give`, async () => {
    await useEngine("reference");
    const { scores, teacher } = batch(3, 4);
    const of = (rows: Rows) => evaluate((s) => loss(s, matrix(teacher)), rows);
    const { gradient } = of(scores);
    assertDifferences(scores, (rows) => of(rows).value, gradient);
  });

  Deno.test(`${name} of a batch is the mean over its queries`, async () => {
    await useEngine("reference");
    const { scores, teacher } = batch(4, 5);
    const all = evaluate((s) => loss(s, matrix(teacher)), scores);
    const each = scores.map((row, i) =>
      evaluate((s) => loss(s, matrix([teacher[i]!])), [row])
    );
    const mean = each.reduce((sum, { value }) => sum + value / 4, 0);
    assertAlmostEquals(all.value, mean, 1e-12);
    each.flatMap(({ gradient }) => gradient).forEach((value, i) =>
      assertAlmostEquals(all.gradient[i]!, value / 4, 1e-12)
    );
  });

  Deno.test(`${name} does not depend on the order of queries or of negatives`, async () => {
    await useEngine("reference");
    const { scores, teacher } = batch(3, 4);
    const moved = (rows: Rows): Rows =>
      [rows[2]!, rows[0]!, rows[1]!].map(([a, b, c, d]) => [a!, d!, b!, c!]);
    const one = evaluate((s) => loss(s, matrix(teacher)), scores);
    const other = evaluate(
      (s) => loss(s, matrix(moved(teacher))),
      moved(scores),
    );
    assertAlmostEquals(other.value, one.value, 1e-12);
  });

  Deno.test(`${name} has no gradient by its teacher`, async () => {
    await useEngine("reference");
    const { scores, teacher } = batch(2, 3);
    const { gradient } = evaluate((t) => loss(matrix(scores), t), teacher);
    assertEquals(gradient.every((value) => value === 0), true);
  });

  Deno.test(`${name} keeps NaN visible at any place`, async () => {
    await useEngine("reference");
    const { scores, teacher } = batch(2, 3);
    for (let place = 0; place < 6; place++) {
      const spoilt = scores.map((row, i) =>
        row.map((x, j) => i * 3 + j === place ? NaN : x)
      );
      const { value } = evaluate((s) => loss(s, matrix(teacher)), spoilt);
      assert(Number.isNaN(value), `NaN at ${place} gave ${value}`);
    }
  });

  if (!SQUARED.test(name)) {
    for (const engine of ["reference", "wasm", "onnx"] as const) {
      Deno.test(`${name} is finite at 1e30 on ${engine}`, async () => {
        await useEngine(engine);
        const rows = [[1e30, -1e30, 0], [-1e30, 1e30, 3]];
        const teacher = [[2, 1, 0], [1, 2, 0]];
        const result = evaluate((s) => loss(s, matrix(teacher)), rows);
        const { value, gradient } = result;
        assert(
          [value, ...gradient].every(Number.isFinite),
          `${value}; ${gradient}`,
        );
      });
    }
  }

  if (!PAIRED.test(name)) {
    Deno.test(`${name} asks nothing of a single way`, async () => {
      await useEngine("reference");
      const { value, gradient } = evaluate((s) => loss(s, matrix([[2], [3]])), [
        [5],
        [6],
      ]);
      assertEquals([value === 0, gradient.every((x) => x === 0)], [true, true]);
    });
  }

  for (const engine of ["wasm", "onnx"] as const) {
    Deno.test(`${name} is the same on ${engine}`, async () => {
      const { scores, teacher } = batch(3, 4);
      await useEngine("reference");
      const truth = evaluate((s) => loss(s, matrix(teacher)), scores);
      await useEngine(engine);
      const given = evaluate((s) => loss(s, matrix(teacher)), scores);
      assertLess(Math.abs(given.value - truth.value), 2e-6 * (1 + truth.value));
      truth.gradient.forEach((value, i) =>
        assertLess(Math.abs(given.gradient[i]! - value), 5e-6)
      );
    });
  }

  Deno.test(`${name} leaves no tensor behind but its value`, async () => {
    await useEngine("reference");
    const { scores, teacher } = batch(2, 3);
    const [student, wanted] = [matrix(scores), matrix(teacher)];
    const before = tf.memory().numTensors;
    const value = loss(student, wanted);
    assertEquals(tf.memory().numTensors, before + 1);
    value.dispose();
  });
}

/** The losses over a whole batch. */
const FORMS = {
  "contrastive": {},
  "contrastive, own negatives left out": { ownNegatives: false },
  "contrastive, temperature": { temperature: 0.5 },
} as const;

for (const [name, options] of Object.entries(FORMS)) {
  Deno.test(`${name} has the gradient that finite differences give`, async () => {
    await useEngine("reference");
    const { scores } = batch(3, 6);
    const exclude = Uint8Array.from({ length: 18 }, (_, i) => Number(i === 4));
    const of = (rows: Rows) =>
      evaluate((s) => contrastive(s, { ways: 2, exclude }, options), rows);
    assertDifferences(scores, (rows) => of(rows).value, of(scores).gradient);
  });

  Deno.test(`${name} does not depend on the order of the batch`, async () => {
    await useEngine("reference");
    const { scores } = batch(2, 4);
    const swapped = [scores[1]!, scores[0]!].map(([a, b, c, d]) =>
      [c, d, a, b] as number[]
    );
    const of = (rows: Rows) =>
      read(contrastive(matrix(rows), { ways: 2 }, options))[0]!;
    assertAlmostEquals(of(swapped), of(scores), 1e-12);
  });

  Deno.test(`${name} of a batch is that of each query written out`, async () => {
    await useEngine("reference");
    const { scores } = batch(3, 6);
    const exclude = Uint8Array.from({ length: 18 }, (_, i) => Number(i === 4));
    const { ownNegatives = true, temperature = 1 } = options as {
      ownNegatives?: boolean;
      temperature?: number;
    };
    const each = scores.map((row, query) => {
      const met = row.flatMap((score, column) => {
        const isOwn = Math.floor(column / 2) === query && column % 2 === 1;
        const isOut = exclude[query * 6 + column] || (isOwn && !ownNegatives);
        return isOut ? [] : [Math.exp(score / temperature)];
      });
      const right = Math.exp(row[2 * query]! / temperature);
      return -Math.log(right / met.reduce((a, b) => a + b));
    });
    const loss = contrastive(matrix(scores), { ways: 2, exclude }, options);
    const mean = each.reduce((a, b) => a + b) / 3;
    assertAlmostEquals(read(loss)[0]!, mean, 1e-12);
  });

  Deno.test(`${name} neither reads what is excluded nor has a gradient there`, async () => {
    await useEngine("reference");
    const { scores } = batch(2, 4);
    const exclude = Uint8Array.of(0, 0, 1, 0, 0, 1, 0, 0);
    const of = (rows: Rows) =>
      evaluate((s) => contrastive(s, { ways: 2, exclude }, options), rows);
    const before = of(scores);
    const spoilt = of(
      scores.map((row, i) => row.map((x, j) => exclude[i * 4 + j] ? 1e30 : x)),
    );
    assertEquals(spoilt, before);
    assertEquals([before.gradient[2], before.gradient[5]], [0, 0]);
  });

  Deno.test(`${name} asks nothing of one query with one way`, async () => {
    await useEngine("reference");
    const { value, gradient } = evaluate(
      (s) => contrastive(s, {}, options),
      [[7]],
    );
    assertEquals([value === 0, gradient[0] === 0], [true, true]);
  });

  Deno.test(`${name} keeps NaN visible`, async () => {
    await useEngine("reference");
    const of = (rows: Rows) =>
      evaluate((s) => contrastive(s, {}, options), rows);
    assert(Number.isNaN(of([[1, NaN], [0, 1]]).value));
  });

  for (const engine of ["reference", "wasm", "onnx"] as const) {
    Deno.test(`${name} is finite at 1e30 on ${engine}`, async () => {
      await useEngine(engine);
      const { value, gradient } = evaluate(
        (s) => contrastive(s, {}, options),
        [[-1e30, 1e30], [0, 1e30]],
      );
      assert([value, ...gradient].every(Number.isFinite));
    });
  }
}

/** Holds a gradient against central differences of the loss. */
function assertDifferences(
  scores: Rows,
  lossOf: (rows: Rows) => number,
  gradient: readonly number[],
): void {
  const width = scores[0]!.length;
  const shifted = (place: number, by: number) =>
    lossOf(
      scores.map((row, i) =>
        row.map((x, j) => i * width + j === place ? x + by : x)
      ),
    );
  gradient.forEach((value, place) => {
    const slope = (shifted(place, 1e-5) - shifted(place, -1e-5)) / 2e-5;
    assertAlmostEquals(value, slope, 1e-7);
  });
}
