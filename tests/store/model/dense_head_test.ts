import "#tests/support/permitted.ts";
import { readDenseHead } from "#lib/store/model/dense_head.ts";
import type { ArrayMap } from "#lib/store/weight_map.ts";
import { writeSafetensors } from "#lib/store/write_safetensors.ts";
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

Deno.test("readDenseHead() multiplies layers in the order of their places", async () => {
  // [5 6] times [[1 2] [3 4]] is [23 34].
  const layers = [{ tensors: weight([2, 2], 1, 2, 3, 4) }, {
    tensors: weight([1, 2], 5, 6),
  }];
  assertEquals(await headOf(layers, 2), matrix([1, 2], 23, 34));
});

Deno.test("readDenseHead() adds a residual: the identity, or the layer's own matrix", async () => {
  const config = { use_residual: true };
  assertEquals(
    await headOf([{ config, tensors: weight([2, 2], 1, 2, 3, 4) }], 2),
    matrix([2, 2], 2, 2, 3, 5),
  );
  const tensors = {
    ...weight([1, 2], 1, 2),
    "residual.weight": matrix([1, 2], 10, 20),
  };
  assertEquals(await headOf([{ config, tensors }], 2), matrix([1, 2], 11, 22));
});

Deno.test("readDenseHead() gives nothing where there is no layer", async () => {
  assertEquals(await headOf([], 2), undefined);
});

Deno.test("readDenseHead() takes a bias of zeros and refuses any other", async () => {
  const biased = (
    value: number,
  ) => [{
    tensors: {
      ...weight([1, 1], 2),
      "linear.bias": { shape: [1], values: Float32Array.of(value) },
    },
  }];
  assertEquals(await headOf(biased(0), 1), matrix([1, 1], 2));
  await assertRejects(
    () => headOf(biased(1), 1),
    RangeError,
    "expected a linear layer without bias, got one",
  );
});

Deno.test("readDenseHead() refuses what one matrix cannot be, and sizes that do not fit", async () => {
  const tanh = [{
    config: { activation_function: "torch.nn.modules.activation.Tanh" },
    tensors: weight([1, 1], 1),
  }];
  await assertRejects(
    () => headOf(tanh, 1),
    RangeError,
    'without activation, got "torch.nn.modules.activation.Tanh"',
  );
  await assertRejects(
    () => headOf([{ tensors: weight([1, 3], 1, 2, 3) }], 2),
    TypeError,
    "expected linear.weight [dim, 2], got [1, 3]",
  );
  await assertRejects(
    () => headOf([{ tensors: {} }], 2),
    TypeError,
    'expected tensor "linear.weight" [dim, hidden], got none',
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
});
