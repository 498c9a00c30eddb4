/**
 * Our losses beside what others compute under the same name: where they differ,
 * both values are pinned, with the reason.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertLess } from "@std/assert";
import {
  read,
  scalarOf,
  type Tensor,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { contrastive } from "#lib/loss/contrastive.ts";
import { klDivergence } from "#lib/loss/kl_divergence.ts";
import { listNet } from "#lib/loss/list_net.ts";
import { marginMse } from "#lib/loss/margin_mse.ts";
import { pointwiseMse } from "#lib/loss/pointwise_mse.ts";
import { rankNet, weightedRankNet } from "#lib/loss/rank_net.ts";
import { sumOfLosses } from "#lib/loss/sum_of_losses.ts";
import { tctDistillation } from "#lib/loss/tct_distillation.ts";
import fixture from "../fixtures/loss/distillation.json" with { type: "json" };
import { evaluate, matrix, testCases } from "./loss_cases.ts";

testCases(
  "tctDistillation",
  fixture.tct,
  ({ teacher, reduction }) => (s) =>
    tctDistillation(s, matrix(teacher), {
      ...(reduction && { reduction: reduction as "sum" }),
    }),
);

testCases(
  "sumOfLosses",
  fixture.sum,
  ({ teacher }) => (s) =>
    tf.tidy(() =>
      sumOfLosses([
        { loss: klDivergence(s, matrix(teacher)), weight: 1 },
        { loss: marginMse(s, matrix(teacher)), weight: 0.05 },
      ])
    ),
);

type Taught = (scores: Tensor, teacher: Tensor) => Tensor;
const LOSSES: Readonly<Record<string, Taught>> = {
  ...{ weightedRankNet, pointwiseMse, marginMse, listNet, klDivergence },
  rankNet: (s) => rankNet(s),
};

testCases(
  "matchmaker's ",
  fixture.matchmaker,
  ({ name, teacher }) => (s) => LOSSES[name]!(s, matrix(teacher)),
);

for (const { keras, name, value } of fixture.tct) {
  if (!keras) continue;
  Deno.test(`Keras' divergence, which tct_colbert takes, clips at 1e-7: ${name}`, () => {
    if (name !== "a student far off") {
      assertAlmostEquals(keras.value, value, 1e-9);
      return;
    }
    // A student's probability of e^-40 counts as 1e-7 there: the loss is too low, and
    // nothing is left of the gradient where the student is wrong most.
    assertAlmostEquals(keras.value, 8.795969083375198, 1e-12);
    assertAlmostEquals(value, 21.59521331603434, 1e-12);
    assertLess(Math.max(...keras.gradient.map(Math.abs)), 1e-10);
  });
}

for (const { matchmaker, name, value, gradient } of fixture.matchmaker) {
  Deno.test(`matchmaker's ${name} is ours, or differs for a known reason`, () => {
    const gap = matchmaker.value - value;
    if (name === "klDivergence") {
      // Probabilities in place of their logarithms: it is below 0, which no divergence is.
      assert(matchmaker.value < 0 && value >= 0);
    } else if (name === "listNet") {
      // log(p + 1e-6) is a little higher than log p, so that the loss is lower.
      assert(gap < 0 && gap > -1e-2, `${gap}`);
    } else {
      assertAlmostEquals(gap, 0, 1e-12);
      matchmaker.gradient.forEach((slope, i) =>
        assertAlmostEquals(slope, gradient[i]!, 1e-12)
      );
    }
  });
}

for (const { log, scores, value, gradient, slope } of fixture.temperature) {
  Deno.test(`contrastive() with a learned temperature of exp(${log}) equals torch, slope included`, async () => {
    await useEngine("reference");
    const fixed = evaluate(
      (s) => contrastive(s, { ways: 2 }, { temperature: Math.exp(log) }),
      scores,
    );
    const learned = valueAndGradients(
      ({ s, log }) =>
        contrastive(s!, { ways: 2 }, { temperature: tf.exp(log!) }),
      { s: matrix(scores), log: scalarOf(log) },
    );
    for (const found of [fixed.value, read(learned.value)[0]!]) {
      assertAlmostEquals(found, value, 1e-12);
    }
    const byScores = read(learned.gradients["s"]!);
    gradient.forEach((expected, i) => {
      assertAlmostEquals(fixed.gradient[i]!, expected, 1e-12);
      assertAlmostEquals(byScores[i]!, expected, 1e-12);
    });
    assertAlmostEquals(read(learned.gradients["log"]!)[0]!, slope, 1e-12);
  });
}
