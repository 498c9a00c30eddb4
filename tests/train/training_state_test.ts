import "#tests/support/permitted.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { read, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { adamw } from "#lib/optim/adamw.ts";
import { sgd } from "#lib/optim/sgd.ts";
import type { Checkpoint } from "#lib/store/run/checkpoint.ts";
import type { TrainingState } from "#lib/train/step.ts";
import { checkpointOf, stateOf, weightsOf } from "#lib/train/training_state.ts";

const shapes = { a: [2], b: [1, 2] };
const optimizer = adamw();

/** A state whose memory is not zero. */
function someState(): TrainingState {
  const parameters = {
    a: tensorOf([0.1, 2], [2]),
    b: tensorOf([3, 4], [1, 2]),
  };
  const gradients = {
    a: tensorOf([1, -1], [2]),
    b: tensorOf([0.3, 7], [1, 2]),
  };
  const moved = optimizer.step(
    parameters,
    gradients,
    optimizer.init(parameters),
  );
  return { parameters: moved.parameters, optimizer: moved.state };
}

/** A checkpoint with another parameter in place of `b`. */
function changed(b: unknown, name = "b"): Checkpoint {
  const { tensors, ...rest } = checkpointOf(someState(), 1);
  const { a } = tensors["parameters"]!;
  const parameters = { a: a!, ...(b !== undefined && { [name]: b }) };
  return { ...rest, tensors: { ...tensors, parameters } } as Checkpoint;
}

const options = { where: "run/checkpoint-000001", shapes, optimizer };

Deno.test("stateOf() gives back the bits that checkpointOf() wrote down", async () => {
  for (const engine of ["reference", "wasm"] as const) {
    await useEngine(engine);
    const state = someState();
    const again = stateOf(checkpointOf(state, 1), options);
    const bits = ({ parameters, optimizer }: TrainingState) =>
      [parameters, optimizer.tensors].map((tensors) =>
        Object.entries(tensors).map((
          [name, tensor],
        ) => [name, tensor.shape, [...read(tensor)]])
      );
    assertEquals(bits(again), bits(state));
    assertEquals(again.optimizer.step, state.optimizer.step);
    assertEquals(again.optimizer.numbers, state.optimizer.numbers);
    assertEquals("chunk" in again, false);
    const cached = stateOf(checkpointOf({ ...state, chunk: 6 }, 1), options);
    assertEquals(cached.chunk, 6);
  }
});

Deno.test("checkpointOf() leaves the state alive and makes no tensor", async () => {
  await useEngine("reference");
  const state = someState();
  const { numTensors } = tf.memory();
  checkpointOf(state, 1);
  assertEquals(tf.memory().numTensors, numTensors);
  assertEquals(read(state.parameters["a"]!).length, 2);
});

for (const bad of [NaN, Infinity]) {
  Deno.test(`checkpointOf() refuses a state with ${bad}, naming where`, async () => {
    await useEngine("reference");
    const state = someState();
    const parameters = { ...state.parameters, b: tensorOf([1, bad], [1, 2]) };
    assertThrows(
      () => checkpointOf({ ...state, parameters }, 7),
      RangeError,
      `Cannot go on after step 7: expected finite numbers, got ${bad} in b; use a lower --learning-rate`,
    );
  });
}

Deno.test("stateOf() refuses the checkpoint of another model, naming the parameter", async () => {
  await useEngine("reference");
  const refused = (checkpoint: Checkpoint, message: string) =>
    assertThrows(() => stateOf(checkpoint, options), SyntaxError, message);
  const start = "Cannot resume from run/checkpoint-000001: expected ";
  refused(changed(undefined), `${start}parameter b [1,2], got none`);
  const wider = { shape: [1, 3], values: new Float32Array(3) };
  refused(changed(wider), `${start}parameter b [1,2], got [1,3]`);
  const { tensors, ...rest } = checkpointOf(someState(), 1);
  const parameters = { ...tensors["parameters"], c: wider };
  refused(
    { ...rest, tensors: { ...tensors, parameters } },
    `${start}the parameters of the model, got c too`,
  );
});

Deno.test("stateOf() refuses the checkpoint of another optimiser, naming the memory", async () => {
  await useEngine("reference");
  const parameters = { a: tensorOf([1, 2], [2]), b: tensorOf([1, 2], [1, 2]) };
  const plain = sgd();
  const checkpoint = checkpointOf({
    parameters,
    optimizer: plain.init(parameters),
  }, 1);
  assertThrows(
    () => stateOf(checkpoint, options),
    SyntaxError,
    "expected adamw state first/a [2], got none",
  );
});

Deno.test("weightsOf() reads 32-bit numbers and shapes", async () => {
  await useEngine("reference");
  assertEquals(weightsOf({ a: tensorOf([0.1, 2], [1, 2]) }), {
    a: { shape: [1, 2], values: Float32Array.of(0.1, 2) },
  });
});
