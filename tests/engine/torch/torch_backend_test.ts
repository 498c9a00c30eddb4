import "#tests/support/permitted.ts";
import { adamStep } from "#lib/engine/ops/adam_step.ts";
import { linear } from "#lib/engine/ops/linear.ts";
import { scaleInPlace } from "#lib/engine/ops/scale_in_place.ts";
import { read, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import {
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { torchBackend } from "./present.ts";

const RATES = {
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  correction1: 1 - 0.9,
  correction2: 1 - 0.999,
};

/** Tensors of a first step; consumed by it. */
function firstStep() {
  return {
    parameter: tensorOf([1, 2], [2]),
    gradient: tensorOf([1, -1], [2]),
    first: tensorOf([0, 0], [2]),
    second: tensorOf([0, 0], [2]),
  };
}

Deno.test("TorchBackend makes views: reshape, slice and transpose take no memory", async () => {
  const backend = await torchBackend();
  if (!backend) return;
  const before = backend.memoryUsage();
  const x = tensorOf([1, 2, 3, 4, 5, 6], [6]);
  const matrix = tf.reshape(x, [2, 3]);
  const turned = tf.transpose(matrix);
  const part = tf.slice(turned, [1, 0], [2, 1]);
  assertEquals(backend.memoryUsage(), {
    bytes: before.bytes + 24,
    storages: before.storages + 1,
    handles: before.handles + 4,
  });
  tf.dispose([x, matrix, turned]);
  assertEquals([...read(part)], [2, 3]);
  assertEquals(backend.memoryUsage().storages, before.storages + 1);
  part.dispose();
  assertEquals(backend.memoryUsage(), before);
});

Deno.test("TorchBackend gives copies: reading is not changed by later work", async () => {
  if (!await torchBackend()) return;
  const x = tensorOf([1, 2], [2]);
  const numbers = x.dataSync();
  const scaled = scaleInPlace(x, 3);
  assertEquals([...numbers], [1, 2]);
  assertEquals([...read(scaled)], [3, 6]);
  scaled.dispose();
});

Deno.test("adamStep() on torch works in place, on the same memory", async () => {
  const backend = await torchBackend();
  if (!backend) return;
  const tensors = firstStep();
  const start = (info: tf.Tensor) =>
    backend.torch.storageOf(backend.handle(info)).start;
  const address = start(tensors.parameter);
  const { parameter, first, second } = adamStep(tensors, RATES);
  assertEquals(start(parameter), address);
  tf.dispose([parameter, first, second]);
});

Deno.test("adamStep() on torch leaves a clone and a view of the parameter as they were", async () => {
  if (!await torchBackend()) return;
  const tensors = firstStep();
  const clone = tf.clone(tensors.parameter);
  const view = tf.slice(clone, [1], [1]);
  const after = adamStep(tensors, RATES);
  assertEquals([...read(clone)], [1, 2]);
  assertEquals([...read(view)], [2]);
  assertNotEquals([...read(after.parameter)], [1, 2]);
  tf.dispose([clone, view, ...Object.values(after)]);
});

Deno.test("adamStep() on torch gives one result whether or not the corrections belong to a step", async () => {
  if (!await torchBackend()) return;
  const results = [RATES, { ...RATES, correction1: RATES.correction1 + 1e-9 }]
    .map((rates) => {
      const after = adamStep(firstStep(), { ...rates, weightDecay: 0.1 });
      const numbers = [...read(after.parameter)];
      tf.dispose({ ...after });
      return numbers;
    });
  const [fused, plain] = results as [number[], number[]];
  fused.forEach((x, i) =>
    assertEquals(Math.abs(x - plain[i]!) < 1e-6, true, `${fused} ${plain}`)
  );
});

Deno.test("a weight's copy in bf16 is made anew after a step, and freed with the weight", async () => {
  const backend = await torchBackend("bf16");
  if (!backend) return;
  const { isShort } = backend;
  backend.isShort = true;
  const before = backend.memoryUsage();
  const x = tensorOf([1], [1, 1]);
  const twice = (weight: tf.Tensor) => {
    const y = linear(x, weight);
    const [number] = read(y);
    y.dispose();
    return number;
  };
  const weight = tensorOf([3], [1, 1]);
  assertEquals(twice(weight), 3);
  assertEquals(backend.memoryUsage().bytes, before.bytes + 4 + 6);
  const moved = scaleInPlace(weight, 2);
  assertEquals(twice(moved), 6);
  tf.dispose([x, moved]);
  assertEquals(backend.memoryUsage(), before);
  backend.isShort = isShort;
  await torchBackend();
});

Deno.test("useEngine() says which precisions there are where one is not to be had", async () => {
  const backend = await torchBackend();
  if (!backend) return;
  await assertRejects(
    () => useEngine("torch", { precision: "tf32" }),
    RangeError,
    backend.torch.isCuda
      ? "Cannot compute in tf32 on engine torch: expected the precision of products that this process began with"
      : "Cannot compute in tf32 on engine torch: expected a GPU with CUDA",
  );
  await assertRejects(
    () => useEngine("onnx", { precision: "bf16" }),
    RangeError,
    "Cannot compute in bf16 on engine onnx: expected fp32",
  );
});

Deno.test("an operator that libtorch refuses is told in libtorch's words", async () => {
  const backend = await torchBackend();
  if (!backend) return;
  const { torch } = backend;
  torch.scoped(() => {
    const x = torch.full([2], 1);
    let text = "";
    try {
      torch.call("aten::mm", x, x);
    } catch (error) {
      text = (error as Error).message;
    }
    assertEquals(
      text.startsWith(
        "Cannot compute aten::mm with libtorch: expected no error",
      ),
      true,
      text,
    );
  });
});

Deno.test("TorchBackend gives room for a result, and has it again when nobody made a tensor of it, or with the tensor", async () => {
  const backend = await torchBackend();
  if (!backend || backend.torch.isCuda) return;
  const { torch } = backend;
  const before = backend.memoryUsage();
  const startOf = (keeps: boolean) =>
    backend.attempt(() =>
      torch.scoped(() => {
        const shape = [700, 512];
        const room = backend.room(shape);
        const { start } = torch.storageOf(room);
        // A view is enough to keep the whole.
        const rows = torch.cut(room, 0, 300, 400);
        return [start, keeps && backend.adopt(rows, [400, 512])] as const;
      })
    );
  const [first] = startOf(false);
  const [second, kept] = startOf(true);
  const [third] = startOf(false);
  assertEquals(second, first);
  assertNotEquals(third, first);
  if (kept) backend.disposeData(kept.dataId);
  assertEquals(startOf(false)[0], first);
  assertThrows(() =>
    backend.attempt(() =>
      torch.scoped(() => {
        backend.adopt(backend.room([700, 512]), [700, 512]);
        throw new RangeError("stop");
      })
    )
  );
  assertEquals(startOf(false)[0], first);
  assertEquals(backend.memoryUsage(), before);
});
