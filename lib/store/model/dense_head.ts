import { ShapeError } from "../../num/shape_error.ts";
import { readJson, readJsonObject } from "../read_json.ts";
import { readSafetensors } from "../read_safetensors.ts";
import type { Weight, WeightMap } from "../weight_map.ts";

/**
 * Reads the linear layers that a PyLate or sentence-transformers folder puts
 * behind the encoder, as one matrix.
 *
 * Layers without bias and activation multiply to one: `y = (W + R) x`, where `R`
 * is a layer's residual, the identity where the sizes agree.
 *
 * @param folder The model's folder.
 * @param hidden Length of a token state, `in_features` of the first layer.
 * @returns `[dim, hidden]`, or `undefined` where the folder has no such layer.
 * @throws {RangeError} If a layer has an activation, or a bias that is not 0.
 * @throws {ShapeError} If the sizes do not follow each other.
 *
 * @example Usage
 * ```ts
 * import { readDenseHead, writeSafetensors } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * await Deno.mkdir(`${folder}/1_Dense`);
 * const write = (name: string, value: unknown) =>
 *   Deno.writeTextFile(`${folder}/${name}`, JSON.stringify(value));
 * await write("modules.json", [{ idx: 1, path: "1_Dense", type: "pylate.models.Dense.Dense" }]);
 * await write("1_Dense/config.json", { in_features: 2, out_features: 1, bias: false });
 * const weight = { shape: [1, 2], values: Float32Array.of(3, 4) };
 * await writeSafetensors(`${folder}/1_Dense/model.safetensors`, { "linear.weight": weight });
 * assertEquals(await readDenseHead(folder, 2), weight);
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function readDenseHead(
  folder: string,
  hidden: number,
): Promise<Weight | undefined> {
  let head: Weight | undefined;
  for (const path of await densePaths(`${folder}/modules.json`)) {
    const layer = await readDense(`${folder}/${path}`);
    const width = head?.shape[0] ?? hidden;
    if (layer.shape[1] !== width) {
      throw new ShapeError(
        `read ${folder}/${path}`,
        `linear.weight [dim, ${width}]`,
        `[${layer.shape.join(", ")}]`,
      );
    }
    head = head === undefined ? layer : product(layer, head);
  }
  return head;
}

/** Paths of the linear layers, in order; none where there is no such file. */
async function densePaths(path: string): Promise<string[]> {
  let modules: unknown;
  try {
    modules = await readJson(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  if (!Array.isArray(modules)) {
    throw new SyntaxError(
      `Cannot read ${path}: expected a JSON list, got other JSON`,
    );
  }
  const dense = modules.filter((module) => /\.Dense$/.test(module?.type));
  dense.sort((a, b) => a.idx - b.idx);
  return dense.map(({ path: name }) => {
    if (typeof name === "string" && /^\w[\w.-]*$/.test(name)) return name;
    throw new SyntaxError(
      `Cannot read ${path}: expected plain folder names, got ${
        JSON.stringify(name)
      }`,
    );
  });
}

/** Reads one layer, its residual added in. */
async function readDense(folder: string): Promise<Weight> {
  const config = await readJsonObject(`${folder}/config.json`);
  const { activation_function: activation = "Identity" } = config;
  if (typeof activation !== "string" || !/(^|\.)Identity$/.test(activation)) {
    throw new RangeError(
      `Cannot read ${folder}: expected a linear layer without activation, got ${
        JSON.stringify(activation)
      }`,
    );
  }
  const tensors = await readSafetensors(`${folder}/model.safetensors`);
  const weight = tensors["linear.weight"];
  if (weight?.shape.length !== 2) {
    throw new ShapeError(
      `read ${folder}/model.safetensors`,
      'tensor "linear.weight" [dim, hidden]',
      weight === undefined ? "none" : `[${weight.shape.join(", ")}]`,
    );
  }
  if (tensors["linear.bias"]?.values.some((value) => value !== 0)) {
    throw new RangeError(
      `Cannot read ${folder}: expected a linear layer without bias, got one`,
    );
  }
  return config.use_residual === true
    ? withResidual(weight, tensors, folder)
    : weight;
}

/** Adds a layer's residual to its matrix. */
function withResidual(
  weight: Weight,
  tensors: WeightMap,
  folder: string,
): Weight {
  const [rows = 0, columns = 0] = weight.shape;
  const residual = tensors["residual.weight"];
  const values = weight.values.slice();
  if (residual?.values.length === values.length) {
    residual.values.forEach((value, i) => values[i]! += value);
  } else if (residual === undefined && rows === columns) {
    for (let i = 0; i < rows; i++) values[i * columns + i]! += 1;
  } else {
    throw new ShapeError(
      `read ${folder}/model.safetensors`,
      `tensor "residual.weight" [${rows}, ${columns}]`,
      residual === undefined ? "none" : `[${residual.shape.join(", ")}]`,
    );
  }
  return { shape: weight.shape, values };
}

/** The product of two layers, summed in 64 bits. */
function product(second: Weight, first: Weight): Weight {
  const [rows = 0, inner = 0] = second.shape;
  const columns = first.shape[1] ?? 0;
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        sum += second.values[row * inner + k]! *
          first.values[k * columns + column]!;
      }
      values[row * columns + column] = sum;
    }
  }
  return { shape: [rows, columns], values };
}
