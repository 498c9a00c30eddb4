import "#tests/support/permitted.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertFalse,
  assertThrows,
} from "@std/assert";
import { read, tensorOf, tf } from "#lib/engine/tensor.ts";
import { engineNames, useEngine } from "#lib/engine/use_engine.ts";
import { optimizerNamed } from "#lib/optim/optimizer_named.ts";
import { sgd } from "#lib/optim/sgd.ts";
import { batchLoss } from "#lib/train/batch_loss.ts";
import { trainingSet } from "#lib/train/examples.ts";
import type { Prepared } from "#lib/train/prepare.ts";
import {
  type BatchLoss,
  type TrainingState,
  trainStep,
} from "#lib/train/step.ts";
import { tokeniseBatch } from "#lib/train/tokenise_batch.ts";
import { drawBatch } from "#lib/train/training_set.ts";
import {
  prepareTiny,
  startingParameters,
  tableEncoder,
  THREE_TOKENS,
  withTinyFiles,
} from "./tiny_training.ts";
import { isPresent } from "#tests/engine/present.ts";

const encoder = tableEncoder(3, 1);
const optimizer = sgd({ learningRate: 0.1 });

/** Sum of queries times sum of documents. */
const product: BatchLoss = (queries, documents) =>
  tf.mul(tf.sum(queries.values), tf.sum(documents.values));

function start(values: number[]): TrainingState {
  const parameters = { table: tensorOf(values, [3, 1]) };
  return { parameters, optimizer: optimizer.init(parameters) };
}

Deno.test("trainStep() takes the step worked out by hand", async () => {
  await useEngine("reference");
  const { state, figures } = trainStep(start([2, 3, 5]), THREE_TOKENS, {
    encoder,
    loss: product,
    optimizer,
  });
  // loss = t0 (t1 + t2), gradient = [t1 + t2, t0, t0]
  assertEquals(figures, { loss: 2 * (3 + 5), tokens: 3 });
  const table = read(state.parameters["table"]!);
  [2 - 0.1 * 8, 3 - 0.1 * 2, 5 - 0.1 * 2].forEach((expected, i) =>
    assertAlmostEquals(table[i]!, expected, 1e-12)
  );
  assertEquals(state.optimizer.step, 1);
  tf.dispose(state.parameters);
});

Deno.test("trainStep() consumes the state it is given", async () => {
  await useEngine("reference");
  const before = start([2, 3, 5]);
  const { state } = trainStep(before, THREE_TOKENS, {
    encoder,
    loss: product,
    optimizer,
  });
  assert(before.parameters["table"]!.isDisposed);
  assertFalse(state.parameters["table"]!.isDisposed);
  tf.dispose(state.parameters);
});

for (const bad of [NaN, Infinity]) {
  Deno.test(`trainStep() throws at a loss of ${bad}, and nothing moves or leaks`, async () => {
    await useEngine("reference");
    const state = start([2, 3, 5]);
    const { numTensors } = tf.memory();
    const loss: BatchLoss = (...given) => tf.mul(product(...given), bad);
    assertThrows(
      () => trainStep(state, THREE_TOKENS, { encoder, loss, optimizer }),
      RangeError,
      `Cannot take step 1: expected a finite loss, got ${bad}; use a lower --learning-rate`,
    );
    assertEquals([...read(state.parameters["table"]!)], [2, 3, 5]);
    assertEquals(tf.memory().numTensors, numTensors);
    tf.dispose(state.parameters);
  });
}

/** Takes steps of a prepared training, as `takeSteps` does, without any file. */
function stepper(prepared: Prepared, name: string) {
  const { settings, model, dataset } = prepared;
  const rule = optimizerNamed(name, settings);
  const set = trainingSet(dataset, {
    split: "train",
    distil: false,
    negatives: "none",
  });
  const loss = batchLoss(settings);
  const parameters = startingParameters(prepared);
  let state = { parameters, optimizer: rule.init(parameters) };
  return {
    state: () => state,
    take(step: number): number {
      const drawn = drawBatch(set, { ...settings, step });
      const taken = trainStep(state, tokeniseBatch(drawn, dataset, model), {
        encoder: model.encoder,
        loss,
        optimizer: rule,
        dropout: { rate: settings.dropout, key: 7, step },
      });
      state = taken.state;
      return taken.figures.loss;
    },
  };
}

for (
  const [name, last] of [["adamw", 200], ["schedule-free-adamw", 60]] as const
) {
  Deno.test(`trainStep() with ${name} holds no more tensors or bytes at step ${last} than at step 10`, async () => {
    await withTinyFiles(async (files) => {
      const prepared = await prepareTiny(files, {
        engine: "onnx",
        batch: 3,
        dropout: 0.1,
        optimizer: name,
      });
      const { take, state } = stepper(prepared, name);
      const held = () => {
        const { numTensors, numBytes, numDataBuffers } = tf.memory();
        return { numTensors, numBytes, numDataBuffers };
      };
      for (let step = 0; step < 10; step++) take(step);
      const early = held();
      for (let step = 10; step < last; step++) take(step);
      assertEquals(held(), early);
      tf.dispose([state().parameters, state().optimizer.tensors]);
    });
  });
}

Deno.test("trainStep() moves alike on every engine for 20 steps", async () => {
  await withTinyFiles(async (files) => {
    const runs: { losses: number[]; weights: Record<string, number[]> }[] = [];
    const names = engineNames().filter((name) => name !== "reference");
    for (const engine of ["reference", ...names] as const) {
      if (!await isPresent(engine)) continue;
      const prepared = await prepareTiny(files, { engine, dropout: 0.1 });
      const { take, state } = stepper(prepared, "sgd");
      const losses = Array.from({ length: 20 }, (_, step) => take(step));
      const weights = Object.fromEntries(
        Object.entries(state().parameters)
          .map(([key, tensor]) => [key, [...read(tensor)]]),
      );
      tf.dispose([state().parameters, state().optimizer.tensors]);
      runs.push({ losses, weights });
    }
    const [truth, ...others] = runs;
    assert(truth!.losses[19]! < truth!.losses[0]!, "it learns");
    for (const { losses, weights } of others) {
      losses.forEach((loss, step) =>
        assertAlmostEquals(
          loss,
          truth!.losses[step]!,
          1e-4 * truth!.losses[step]!,
        )
      );
      for (const [key, values] of Object.entries(weights)) {
        const expected = truth!.weights[key]!;
        const size = Math.max(...expected.map(Math.abs));
        values.forEach((value, i) =>
          assertAlmostEquals(value, expected[i]!, 1e-4 * size)
        );
      }
    }
  });
});
