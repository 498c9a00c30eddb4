import "#tests/support/permitted.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertThrows,
} from "@std/assert";
import {
  type Parameters,
  read,
  scalarOf,
  type Tensor,
  tensorOf,
  tf,
  valueAndGradients,
} from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { adamw } from "#lib/optim/adamw.ts";
import { clipByGlobalNorm } from "#lib/optim/clip_by_global_norm.ts";
import { linearSchedule } from "#lib/optim/linear_schedule.ts";
import type { Optimizer, OptimizerState } from "#lib/optim/optimizer.ts";
import { scheduleFreeAdamW } from "#lib/optim/schedule_free_adamw.ts";
import { scheduleFreeSequences } from "#lib/optim/schedule_free_sequences.ts";
import { scheduleFreeSgd } from "#lib/optim/schedule_free_sgd.ts";
import { sgd } from "#lib/optim/sgd.ts";
import { reloaded, saved, tensorsLike } from "./saved_state.ts";

const STEPS = 400;
const schedule = linearSchedule({ steps: STEPS, warmup: 10 });
const free = { warmup: 10 };

/** Every optimiser, with a rate for Adam's steps or for plain ones. */
const OPTIMIZERS: Readonly<Record<string, (plain: number) => Optimizer>> = {
  adamw: () => adamw({ learningRate: 0.1, weightDecay: 0, schedule }),
  "adamw, clipped": () =>
    clipByGlobalNorm(
      adamw({ learningRate: 0.1, weightDecay: 0, schedule }),
      { maxNorm: 1 },
    ),
  sgd: (learningRate) => sgd({ learningRate, momentum: 0.9, schedule }),
  "sgd, nesterov": (learningRate) =>
    sgd({ learningRate, momentum: 0.9, nesterov: true, schedule }),
  "sgd without momentum": (plain) => sgd({ learningRate: plain * 5, schedule }),
  "schedule-free adamw": () =>
    scheduleFreeAdamW({ ...free, learningRate: 0.3, beta2: 0.99 }),
  "schedule-free adamw, paper": () =>
    scheduleFreeAdamW({
      ...free,
      learningRate: 0.3,
      beta2: 0.99,
      form: "paper",
    }),
  "schedule-free sgd": (plain) =>
    scheduleFreeSgd({ ...free, learningRate: plain * 10 }),
  "three sequences": () =>
    scheduleFreeSequences({ ...free, learningRate: 0.3, beta2: 0.99 }),
  "three sequences, polyak": (plain) =>
    scheduleFreeSequences({
      ...free,
      base: "sgd",
      learningRate: plain * 5,
      beta1: 0,
      power: 2,
    }),
  "three sequences, primal": (plain) =>
    scheduleFreeSequences({
      ...free,
      base: "sgd",
      learningRate: plain * 10,
      beta1: 1,
      power: 2,
    }),
};

/** A problem with its start, its loss, and how low a good run gets. */
interface Problem {
  readonly start: () => Parameters;
  readonly loss: (parameters: Parameters) => Tensor;
  readonly below: number;
  readonly plain: number;
}

/** Sum of squares of a difference. */
const squared = (x: Tensor, target: Tensor) =>
  tf.sum(tf.square(tf.sub(x, target)));

const PROBLEMS: Readonly<Record<string, Problem>> = {
  parabola: {
    start: () => ({ w: tensorOf([4, -3], [2]) }),
    loss: ({ w }) => tf.sum(tf.mul(tf.square(w!), tensorOf([1, 0.25], [2]))),
    below: 1e-3,
    plain: 0.05,
  },
  Rosenbrock: {
    start: () => ({ w: tensorOf([-0.5, 1], [2]) }),
    loss: ({ w }) => {
      const [x, y] = [tf.slice(w!, 0, 1), tf.slice(w!, 1, 1)];
      const valley = squared(y, tf.square(x));
      return tf.add(
        tf.mul(valley, scalarOf(10)),
        squared(x, scalarOf(1)),
      );
    },
    below: 0.2,
    plain: 0.004,
  },
  matrix: {
    start: () => ({ w: tf.zeros([2, 2]) }),
    loss: ({ w }) => {
      const input = tensorOf([1, 2, -1, 1, 0.5, -2], [3, 2]);
      const target = tensorOf([3, 1, 0, 1.5, -1.5, -1.75], [3, 2]);
      const out = tf.matMul(input as tf.Tensor2D, w as tf.Tensor2D);
      return squared(out, target);
    },
    below: 0.05,
    plain: 0.01,
  },
  "mixed tree": {
    start: () => ({
      "a.weight": tensorOf([1, -1, 2, 0], [2, 2]),
      "a.bias": tensorOf([0.5], []),
      "norm.gain": tensorOf([1, 1, 1], [1, 3, 1]),
    }),
    loss: (given) =>
      tf.addN([
        squared(given["a.weight"]!, tensorOf([0.5, 0, -1, 1], [2, 2])),
        squared(given["a.bias"]!, scalarOf(-2)),
        squared(given["norm.gain"]!, scalarOf(0.25)),
      ]),
    below: 1e-2,
    plain: 0.02,
  },
};

/** Runs an optimiser on a problem and returns its last state. */
function run(optimizer: Optimizer, problem: Problem, steps: number) {
  let parameters = problem.start();
  let state: OptimizerState = optimizer.init(parameters);
  for (let step = 0; step < steps; step++) {
    const { value, gradients } = valueAndGradients(problem.loss, parameters);
    value.dispose();
    ({ parameters, state } = optimizer.step(parameters, gradients, state));
  }
  return { parameters, state };
}

for (const [name, make] of Object.entries(OPTIMIZERS)) {
  for (const [title, problem] of Object.entries(PROBLEMS)) {
    Deno.test(`${name} reaches the optimum of a ${title}`, async () => {
      await useEngine("reference");
      const optimizer = make(problem.plain);
      const { parameters, state } = run(optimizer, problem, STEPS);
      const readout = optimizer.readout(parameters, state);
      assertLess(read(problem.loss(readout))[0]!, problem.below);
    });
  }

  for (const engine of ["reference", "onnx"] as const) {
    Deno.test(`${name} consumes what a step is given and holds no more, on ${engine}`, async () => {
      await useEngine(engine);
      const optimizer = make(0.01);
      const start = PROBLEMS["mixed tree"]!.start();
      const first = optimizer.init(start);
      const gradients = tensorsLike(start, 0.5);
      const given = [start, gradients, first.tensors].flatMap(Object.values);
      const next = optimizer.step(start, gradients, first);
      for (const tensor of given as Tensor[]) assert(tensor.isDisposed);
      const before = tf.memory().numTensors;
      const more = tensorsLike(next.parameters, 0.5);
      optimizer.step(next.parameters, more, next.state);
      assertEquals(tf.memory().numTensors, before);
    });

    Deno.test(`${name} reads out numbers that later steps do not touch, on ${engine}`, async () => {
      await useEngine(engine);
      const optimizer = make(0.01);
      let { parameters, state } = run(optimizer, PROBLEMS["parabola"]!, 3);
      const readout = optimizer.readout(parameters, state);
      const before = [...read(readout["w"]!)];
      const gradients = tensorsLike(parameters, 1);
      ({ parameters, state } = optimizer.step(parameters, gradients, state));
      assertEquals([...read(readout["w"]!)], before);
    });
  }

  Deno.test(`${name} goes on to the same bits from a saved state`, async () => {
    await useEngine("reference");
    const [optimizer, problem] = [make(0.01), PROBLEMS["mixed tree"]!];
    const whole = run(optimizer, problem, 8);
    const half = run(optimizer, problem, 5);
    let { parameters, state } = reloaded(half);
    for (let step = 5; step < 8; step++) {
      const { gradients } = valueAndGradients(problem.loss, parameters);
      ({ parameters, state } = make(0.01).step(parameters, gradients, state));
    }
    assertEquals(saved({ parameters, state }), saved(whole));
  });

  Deno.test(`${name} does not hide a NaN gradient`, async () => {
    await useEngine("reference");
    const optimizer = make(0.01);
    const start = PROBLEMS["parabola"]!.start();
    const gradients = { w: tensorOf([NaN, 1], [2]) };
    const next = optimizer.step(start, gradients, optimizer.init(start));
    const readout = optimizer.readout(next.parameters, next.state);
    for (const set of [next.parameters, readout]) {
      assert(Number.isNaN(read(set["w"]!)[0]!));
    }
  });

  Deno.test(`${name} leaves its start where it is under gradients of zero`, async () => {
    await useEngine("reference");
    const optimizer = make(0.01);
    const start = PROBLEMS["parabola"]!.start();
    const zeros = tensorsLike(start, 0);
    const next = optimizer.step(start, zeros, optimizer.init(start));
    const readout = optimizer.readout(next.parameters, next.state);
    for (const [i, value] of [4, -3].entries()) {
      assertAlmostEquals(read(readout["w"]!)[i]!, value, 1e-12);
    }
  });

  Deno.test(`${name} refuses gradients that are not of its parameters, and keeps them alive`, async () => {
    await useEngine("reference");
    const optimizer = make(0.01);
    const start = PROBLEMS["parabola"]!.start();
    const state = optimizer.init(start);
    const stray = { w: tf.zeros([2]), v: tf.zeros([1]) };
    for (
      const [gradients, message] of [
        [
          {},
          "Cannot take a step: expected a gradient of w of shape [2], got none",
        ],
        [
          { w: tf.zeros([3]) },
          "expected a gradient of w of shape [2], got [3]",
        ],
        [
          stray,
          "expected gradients of the parameters only, got a gradient of v",
        ],
      ] as const
    ) {
      assertThrows(
        () => optimizer.step(start, gradients, state),
        ShapeError,
        message,
      );
    }
    assertEquals([...read(start["w"]!)], [4, -3]);
  });
}

Deno.test("adamw() refuses a state without its memory", async () => {
  await useEngine("reference");
  const start = PROBLEMS["parabola"]!.start();
  assertThrows(
    () =>
      adamw().step(start, tensorsLike(start, 1), {
        step: 0,
        tensors: {},
        numbers: {},
      }),
    ShapeError,
    "Cannot take a step: expected first/w of shape [2], got none",
  );
});
