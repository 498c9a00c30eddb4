import "#tests/support/permitted.ts";
import {
  readDenseHead,
  TORCH_ACTIVATIONS,
} from "#lib/store/model/dense_head.ts";
import type { ArrayMap } from "#lib/store/weights/weight_map.ts";
import { writeSafetensors } from "#lib/store/weights/write_safetensors.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { inTemporaryFolder } from "../failing_file_system.ts";

/** One layer as a folder holds it. */
interface Layer {
  readonly config?: Record<string, unknown>;
  readonly tensors: ArrayMap;
}

const matrix = (shape: [number, number], ...values: number[]) => ({
  shape,
  values: Float32Array.from(values),
});
const weight = (shape: [number, number], ...values: number[]) => ({
  "linear.weight": matrix(shape, ...values),
});

/** Reads the head of a folder with the given layers, listed last to first. */
async function headOf(layers: readonly Layer[], hidden: number) {
  let head: Awaited<ReturnType<typeof readDenseHead>>;
  await inTemporaryFolder(async (folder) => {
    const modules = layers.map((_, i) => ({
      idx: i + 1,
      path: `${i + 1}_Dense`,
      type: "pylate.models.Dense.Dense",
    }));
    await Deno.writeTextFile(
      `${folder}/modules.json`,
      JSON.stringify([
        { idx: 0, path: "", type: "a.Transformer" },
        ...modules.reverse(),
      ]),
    );
    for (const [i, { config = {}, tensors }] of layers.entries()) {
      await Deno.mkdir(`${folder}/${i + 1}_Dense`);
      await Deno.writeTextFile(
        `${folder}/${i + 1}_Dense/config.json`,
        JSON.stringify(config),
      );
      await writeSafetensors(
        `${folder}/${i + 1}_Dense/model.safetensors`,
        tensors,
      );
    }
    head = await readDenseHead(folder, hidden);
  });
  return head;
}

/** A layer as it is read where nothing is said about it. */
const plain = { bias: false, activation: "none", residual: false } as const;

Deno.test("readDenseHead() gives layers in the order of their places", async () => {
  const layers = [{ tensors: weight([2, 2], 1, 2, 3, 4) }, {
    tensors: weight([1, 2], 5, 6),
  }];
  assertEquals(await headOf(layers, 2), {
    layers: [{ dim: 2, ...plain }, { dim: 1, ...plain }],
    weights: {
      "head.weight": matrix([2, 2], 1, 2, 3, 4),
      "head.2.weight": matrix([1, 2], 5, 6),
    },
  });
});

Deno.test("readDenseHead() gives a residual its own matrix only where the length changes", async () => {
  const config = { use_residual: true };
  const same = await headOf(
    [{ config, tensors: weight([2, 2], 1, 2, 3, 4) }],
    2,
  );
  assertEquals(same?.layers, [{ dim: 2, ...plain, residual: true }]);
  assertEquals(Object.keys(same!.weights), ["head.weight"]);
  const tensors = {
    ...weight([1, 2], 1, 2),
    "residual.weight": matrix([1, 2], 10, 20),
  };
  const other = await headOf([{ config, tensors }], 2);
  assertEquals(other?.weights["head.residual"], matrix([1, 2], 10, 20));
});

Deno.test("readDenseHead() reads every activation by PyTorch's name, and refuses others", async () => {
  const of = (name: string) =>
    headOf([{
      config: { activation_function: name },
      tensors: weight([1, 1], 1),
    }], 1);
  for (const [ours, theirs] of Object.entries(TORCH_ACTIVATIONS)) {
    assertEquals((await of(theirs))?.layers[0]?.activation, ours);
  }
  await assertRejects(
    () => of("torch.nn.modules.activation.Mish"),
    RangeError,
    "expected an activation_function among Identity, ReLU, GELU, Tanh, Sigmoid, SiLU, " +
      'got "torch.nn.modules.activation.Mish"',
  );
});

Deno.test("readDenseHead() gives nothing where there is no layer", async () => {
  assertEquals(await headOf([], 2), undefined);
});

Deno.test("readDenseHead() reads a bias, and misses one that is announced", async () => {
  const bias = { shape: [1], values: Float32Array.of(3) };
  const tensors = { ...weight([1, 1], 2), "linear.bias": bias };
  const head = await headOf([{ tensors }], 1);
  assertEquals(head?.layers, [{ dim: 1, ...plain, bias: true }]);
  assertEquals(head?.weights["head.bias"], bias);
  await assertRejects(
    () => headOf([{ config: { bias: true }, tensors: weight([1, 1], 2) }], 1),
    TypeError,
    'expected tensor "linear.bias" [1], got none',
  );
});

Deno.test("readDenseHead() refuses sizes that do not fit, weights that are not finite, and too many layers", async () => {
  await assertRejects(
    () => headOf([{ tensors: weight([1, 3], 1, 2, 3) }], 2),
    TypeError,
    'expected tensor "linear.weight" [dim, 2], got [1, 3]',
  );
  await assertRejects(
    () => headOf([{ tensors: {} }], 2),
    TypeError,
    'expected tensor "linear.weight" [dim, 2], got none',
  );
  const residual = [{
    config: { use_residual: true },
    tensors: weight([1, 2], 1, 2),
  }];
  await assertRejects(
    () => headOf(residual, 2),
    TypeError,
    'expected tensor "residual.weight" [1, 2], got none',
  );
  await assertRejects(
    () => headOf([{ tensors: weight([1, 1], NaN) }], 1),
    RangeError,
    'NaN in tensor "linear.weight"',
  );
  const many = Array.from({ length: 101 }, () => ({
    tensors: weight([1, 1], 1),
  }));
  await assertRejects(
    () => headOf(many, 1),
    RangeError,
    "expected at most 100 Dense modules, got 101",
  );
});
