import "#tests/support/permitted.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import type { TokenVectors } from "#lib/encoder/encoder.ts";
import { read, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import {
  batchLoss,
  isDistillation,
  LOSS_NAMES,
  mixesBatch,
} from "#lib/train/batch_loss.ts";
import type { TrainingBatch } from "#lib/train/step.ts";
import { THREE_TOKENS } from "./tiny_training.ts";

/** Texts of one token each, so that a score is one product. */
function single(values: number[]): TokenVectors {
  return {
    values: tensorOf(values, [values.length, 1]),
    offsets: Int32Array.from({ length: values.length + 1 }, (_, i) => i),
    keep: new Uint8Array(values.length).fill(1),
  };
}

const two: TrainingBatch = {
  ...THREE_TOKENS,
  excluded: new Uint8Array(2 * 4),
};

/** The loss of queries 1 and 2 with documents 3, 1 and 2, 5. */
function lossOf(
  settings: Parameters<typeof batchLoss>[0],
  batch: TrainingBatch = two,
): number {
  return tf.tidy(() =>
    read(
      batchLoss(settings)(single([1, 2]), single([3, 1, 2, 5]), batch),
    )[0]!
  );
}

/** Cross-entropy of the score at a place. */
function entropy(scores: number[], place: number, temperature: number): number {
  const powers = scores.map((score) => Math.exp(score / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  return -Math.log(powers[place]! / sum);
}

Deno.test("batchLoss() contrastive holds every query against all documents", async () => {
  await useEngine("reference");
  const expected =
    (entropy([3, 1, 2, 5], 0, 2) + entropy([6, 2, 4, 10], 2, 2)) / 2;
  assertAlmostEquals(
    lossOf({ loss: "contrastive", temperature: 2 }),
    expected,
    1e-12,
  );
});

Deno.test("batchLoss() contrastive leaves out documents known to be relevant", async () => {
  await useEngine("reference");
  const excluded = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0);
  const expected = (entropy([3, 1, 2], 0, 1) + entropy([6, 2, 4, 10], 2, 1)) /
    2;
  assertAlmostEquals(
    lossOf({ loss: "contrastive", temperature: 1 }, { ...two, excluded }),
    expected,
    1e-12,
  );
});

Deno.test("batchLoss() pairwise holds every query against its own documents", async () => {
  await useEngine("reference");
  const expected = (entropy([3, 1], 0, 0.5) + entropy([4, 10], 0, 0.5)) / 2;
  assertAlmostEquals(
    lossOf({ loss: "pairwise", temperature: 0.5 }),
    expected,
    1e-12,
  );
});

Deno.test("batchLoss() kl is the divergence of min-max normalised scores", async () => {
  await useEngine("reference");
  const teacher = Float32Array.of(-4, 8, 10, 90);
  const softmax = (range: number) => {
    // Of 1 and 0, which is what min-max makes of two scores that far apart.
    const high = 1 / (1 + Math.exp(-range / (range + 1e-8)));
    return { high, low: 1 - high };
  };
  const [student, taught] = [softmax(2), softmax(12)];
  const first = taught.high * Math.log(taught.high / student.low) +
    taught.low * Math.log(taught.low / student.high);
  assertAlmostEquals(
    lossOf({ loss: "kl", temperature: 1 }, { ...two, teacher }),
    first / 2, // the second query agrees with its teacher
    1e-12,
  );
});

Deno.test("batchLoss() kl refuses a batch without teacher scores", async () => {
  await useEngine("reference");
  assertThrows(
    () => lossOf({ loss: "kl", temperature: 1 }),
    RangeError,
    "Cannot distil: expected teacher scores with the batch, got none",
  );
});

Deno.test("batchLoss() gives every named loss of a query's own documents", async () => {
  await useEngine("reference");
  const teacher = Float32Array.of(-4, 8, 10, 90);
  const softplus = (x: number) => Math.log1p(Math.exp(x));
  const share = (gap: number) => 1 / (1 + Math.exp(-gap));
  // The student's scores are 3, 1 and 4, 10: margins of 2 and -6.
  const expected: Record<string, (t: number) => number> = {
    "margin-mse": (t) => ((2 / t + 12) ** 2 + (-6 / t + 80) ** 2) / 2,
    "mse": (t) =>
      ((3 / t + 4) ** 2 + (1 / t - 8) ** 2 + (4 / t - 10) ** 2 +
        (10 / t - 90) ** 2) / 4,
    "rank-net": (t) => (softplus(-2 / t) + softplus(6 / t)) / 2,
    "weighted-rank-net": (t) =>
      (-12 * softplus(-2 / t) - 80 * softplus(6 / t)) / 2,
    "list-net": (t) =>
      (share(-12) * softplus(-2 / t) + share(12) * softplus(2 / t) +
        share(-80) * softplus(6 / t) + share(80) * softplus(-6 / t)) / 2,
  };
  for (const [loss, value] of Object.entries(expected)) {
    for (const temperature of [1, 2]) {
      const got = lossOf({ loss, temperature }, { ...two, teacher });
      assertAlmostEquals(got, value(temperature), 1e-9, loss);
    }
  }
});

Deno.test("LOSS_NAMES are all tried here, and those that distil ask for a teacher", async () => {
  await useEngine("reference");
  for (const loss of LOSS_NAMES) {
    const asked = () => lossOf({ loss, temperature: 1 });
    if (isDistillation(loss)) assertThrows(asked, RangeError, "Cannot distil");
    else assert(Number.isFinite(asked()));
  }
  assertEquals(LOSS_NAMES.filter(mixesBatch), ["contrastive"]);
});
