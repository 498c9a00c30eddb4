import "#tests/support/permitted.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertThrows,
} from "@std/assert";
import type { TokenVectors } from "#lib/encoder/encoder.ts";
import { read, type Tensor, tensorOf, tf } from "#lib/engine/tensor.ts";
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
import { maxSimScores } from "#lib/score/max_sim_scores.ts";
import { meanPool } from "#lib/score/mean_pool.ts";
import { dotScores } from "#lib/score/dot_scores.ts";
import { xtrScores } from "#lib/score/xtr_scores.ts";
import { parametersOf } from "#lib/search/retriever.ts";
import {
  batchGradients,
  type BatchGradientsOptions,
} from "#lib/train/batch_gradients.ts";
import { partsOf } from "#lib/train/batch_part.ts";
import type { BatchLoss, TrainingBatch } from "#lib/train/step.ts";
import { BATCH, encoder, WAYS, weights } from "./tiny_batch.ts";
import { tableEncoder, THREE_TOKENS } from "./tiny_training.ts";

type Side = TokenVectors;
const all = (q: Side, d: Side) => maxSimScores(q, d);
const own = (q: Side, d: Side) => maxSimScores(q, d, { ways: WAYS });
const inBatch = (options = {}): BatchLoss => (q, d, { excluded: exclude }) =>
  contrastive(all(q, d), { ways: WAYS, exclude }, options);

/** Losses in which a query's gradient depends on the other queries' documents. */
const MIXING: Readonly<Record<string, BatchLoss>> = {
  "contrastive, PyLate's": inBatch(),
  "contrastive, ColBERT's": inBatch({ ownNegatives: false }),
  "contrastive, a temperature": inBatch({ temperature: 0.2 }),
  "contrastive over XTR's scores": (q, d) =>
    contrastive(xtrScores(q, d, { k: 9 }), { ways: WAYS }),
  "TCT's in-batch distillation, its teacher live": (q, d) =>
    tf.tidy(() =>
      tctDistillation(dotScores(meanPool(q), meanPool(d)), all(q, d))
    ),
  "divergence and in-batch, ColBERTv2's": (q, d, batch) =>
    tf.tidy(() =>
      sumOfLosses([
        { loss: klDivergence(own(q, d), taught(q, batch)), weight: 1 },
        { loss: inBatch({ ownNegatives: false })(q, d, batch), weight: 1 },
      ])
    ),
};

type Taught = (scores: Tensor, teacher: Tensor) => Tensor;
const byQuery = (loss: Taught): BatchLoss => (q, d, batch) =>
  tf.tidy(() => loss(own(q, d), taught(q, batch)));

/** Losses that take each query by itself. */
const SEPARATE: Readonly<Record<string, BatchLoss>> = {
  klDivergence: byQuery((s, t) =>
    klDivergence(s, t, { student: "min-max", teacher: "min-max" })
  ),
  pairwiseCrossEntropy: byQuery((s) => pairwiseCrossEntropy(s)),
  marginMse: byQuery(marginMse),
  pointwiseMse: byQuery(pointwiseMse),
  rankNet: byQuery((s) => rankNet(s)),
  weightedRankNet: byQuery(weightedRankNet),
  listNet: byQuery(listNet),
  lambdaRank: byQuery(lambdaRank),
  "TCT's pairwise distillation": byQuery(tctDistillation),
};

/** A batch's teacher scores, of as many queries as it has. */
function taught({ offsets }: Side, { teacher }: TrainingBatch): Tensor {
  return tensorOf(teacher!, [offsets.length - 1, WAYS]);
}

/** Loss and gradients of the batch as plain numbers. */
function evaluate(loss: BatchLoss, options: Partial<BatchGradientsOptions>) {
  const parameters = parametersOf(weights);
  const before = tf.memory().numTensors;
  const { gradients, loss: value } = batchGradients(parameters, BATCH, {
    encoder,
    loss,
    dropout: { rate: 0.2, key: 11, step: 3 },
    ...options,
  });
  const names = Object.keys(gradients);
  assertEquals(tf.memory().numTensors, before + names.length, "tensors held");
  const numbers = names.flatMap((name) => [...read(gradients[name]!)]);
  tf.dispose([parameters, { ...gradients }]);
  return { value, numbers };
}

/** Holds one way to a gradient against the gradient in one go. */
function assertSame(
  loss: BatchLoss,
  options: Partial<BatchGradientsOptions>,
  tolerance: number,
): void {
  const whole = evaluate(loss, {});
  const { value, numbers } = evaluate(loss, options);
  const size = Math.max(...whole.numbers.map(Math.abs));
  assert(size > 1e-3, "there is a gradient");
  assertAlmostEquals(value, whole.value, tolerance * (1 + whole.value));
  assertLess(
    Math.max(...numbers.map((x, i) => Math.abs(x - whole.numbers[i]!))),
    tolerance * size,
  );
}

// 64 bits against 64 bits: sums of some thousand products in another order. The
// tape keeps a few factors in 32 bits, alike on both ways.
const EXACT = 1e-12;
// 32 bits: some hundred additions in another order, 6e-8 each.
const SINGLE = 5e-5;

for (const [name, loss] of Object.entries({ ...MIXING, ...SEPARATE })) {
  for (const chunk of [1, 3, 7, 100]) {
    Deno.test(`batchGradients() of ${name} in chunks of ${chunk} is that of the whole batch, dropout included`, async () => {
      await useEngine("reference");
      assertSame(loss, { chunk }, EXACT);
    });
  }
}

for (const [name, loss] of Object.entries(SEPARATE)) {
  for (const accumulate of [2, 3, 5]) {
    Deno.test(`batchGradients() of ${name} in ${accumulate} parts is that of the whole batch, dropout included`, async () => {
      await useEngine("reference");
      assertSame(loss, { accumulate }, EXACT);
      assertSame(loss, { accumulate, chunk: 2 }, EXACT);
    });
  }
}

for (const engine of ["onnx", "wasm"] as const) {
  Deno.test(`batchGradients() in chunks and in parts is that of the whole batch on ${engine}`, async () => {
    await useEngine(engine);
    assertSame(MIXING["contrastive, PyLate's"]!, { chunk: 4 }, SINGLE);
    assertSame(SEPARATE["klDivergence"]!, { chunk: 4, accumulate: 2 }, SINGLE);
  });
}

Deno.test("batchGradients() in parts of a loss over the whole batch is another gradient, so it is refused above", async () => {
  await useEngine("reference");
  const loss = MIXING["contrastive, PyLate's"]!;
  const [whole, parts] = [
    evaluate(loss, {}),
    evaluate(loss, { accumulate: 5 }),
  ];
  assertLess(parts.value, whole.value);
});

Deno.test("batchGradients() without dropout differs from that with it", async () => {
  await useEngine("reference");
  const loss = MIXING["contrastive, PyLate's"]!;
  const dropout = { rate: 0, key: 11, step: 3 };
  assert(evaluate(loss, { dropout }).value !== evaluate(loss, {}).value);
});

Deno.test("batchGradients() in chunks is that worked out by hand", async () => {
  await useEngine("reference");
  const parameters = { table: tensorOf([2, 3, 5], [3, 1]) };
  const { loss, gradients } = batchGradients(parameters, THREE_TOKENS, {
    encoder: tableEncoder(3, 1),
    loss: (q, d) => tf.mul(tf.sum(q.values), tf.sum(d.values)),
    chunk: 1,
  });
  assertEquals(loss, 2 * (3 + 5));
  assertEquals([...read(gradients["table"]!)], [3 + 5, 2, 2]);
});

Deno.test("partsOf() keeps each text's index in the batch, its teacher and its own exclusions", () => {
  const [first, second] = partsOf(BATCH, 2);
  assertEquals([...first!.numbers], [0, 1, 5, 6, 7, 8, 9, 10]);
  assertEquals([...second!.numbers], [
    ...[2, 3, 4],
    ...Array.from({ length: 9 }, (_, i) => 11 + i),
  ]);
  assertEquals([first!.share, second!.share], [0.4, 0.6]);
  assertEquals(second!.batch.teacher, BATCH.teacher!.subarray(6));
  assertEquals([...first!.batch.excluded], [
    0,
    0,
    0,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
  ]);
  assertEquals(partsOf(BATCH, 1)[0]!.batch, BATCH);
});

Deno.test("partsOf() refuses more parts than queries", () => {
  for (const count of [0, 6, 1.5]) {
    assertThrows(
      () => partsOf(BATCH, count),
      RangeError,
      `Cannot split a batch: expected 1 to 5 parts of its 5 queries, got ${count}`,
    );
  }
});
