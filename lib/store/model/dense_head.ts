import {
  type HeadActivation,
  type HeadLayer,
  headName,
} from "../../encoder/head_layers.ts";
import { ShapeError } from "../../num/shape_error.ts";
import { readJson, readJsonObject } from "../read_json.ts";
import { readSafetensors } from "../weights/read_safetensors.ts";
import type { Weight, WeightMap } from "../weights/weight_map.ts";
import { checkFinite } from "./weight_file.ts";

/** A head as a folder holds it. */
export interface StoredHead {
  /** The layers in order, at least one. */
  readonly layers: readonly HeadLayer[];
  /** Their weights by our names. */
  readonly weights: WeightMap;
}

/** PyTorch's modules that may stand behind a layer, and our names of them. */
export const TORCH_ACTIVATIONS: Readonly<Record<HeadActivation, string>> = {
  none: "torch.nn.modules.linear.Identity",
  relu: "torch.nn.modules.activation.ReLU",
  gelu: "torch.nn.modules.activation.GELU",
  tanh: "torch.nn.modules.activation.Tanh",
  sigmoid: "torch.nn.modules.activation.Sigmoid",
  silu: "torch.nn.modules.activation.SiLU",
};

/** Most layers that are read. */
const MOST_LAYERS = 100;

/**
 * Reads the layers that a PyLate or sentence-transformers folder puts behind the
 * encoder: one `Dense` module or several, each with or without bias, activation and
 * residual. They stay apart, so that training goes on as PyLate's would.
 *
 * Source: PyLate 1.6.0, `models/Dense.py`; sentence-transformers 5.3, `models/Dense.py`.
 *
 * @param folder The model's folder.
 * @param hidden Length of a token state, `in_features` of the first layer.
 * @returns The head, or `undefined` where the folder has none.
 * @throws {RangeError} If an activation is not offered, a weight is not finite, or
 * there are more than 100 layers.
 * @throws {ShapeError} If a weight is missing, or the sizes do not follow each other.
 * @throws {SyntaxError} If a file does not parse.
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
 * const head = await readDenseHead(folder, 2);
 * assertEquals(head?.layers, [{ dim: 1, bias: false, activation: "none", residual: false }]);
 * assertEquals(head?.weights, { "head.weight": weight });
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function readDenseHead(
  folder: string,
  hidden: number,
): Promise<StoredHead | undefined> {
  const paths = await densePaths(`${folder}/modules.json`);
  const layers: HeadLayer[] = [];
  const weights: Record<string, Weight> = {};
  let width = hidden;
  for (const [place, path] of paths.entries()) {
    const read = await readDense(`${folder}/${path}`, { width, place });
    layers.push(read.layer);
    Object.assign(weights, read.weights);
    width = read.layer.dim;
  }
  return layers.length === 0 ? undefined : { layers, weights };
}

/** Paths of the layers, in order; none where there is no such file. */
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
  if (dense.length > MOST_LAYERS) {
    throw new RangeError(
      `Cannot read ${path}: expected at most ${MOST_LAYERS} Dense modules, got ${dense.length}`,
    );
  }
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

/** Reads one layer that takes `width` numbers. */
async function readDense(
  folder: string,
  { width, place }: { readonly width: number; readonly place: number },
): Promise<{ readonly layer: HeadLayer; readonly weights: WeightMap }> {
  const config = await readJsonObject(`${folder}/config.json`);
  const activation = activationOf(config.activation_function, folder);
  const residual = config.use_residual === true;
  const path = `${folder}/model.safetensors`;
  const tensors = await readSafetensors(path);
  checkFinite(tensors, path);
  const take = (name: string, shape: readonly (number | string)[]) => {
    const found = tensors[name]?.shape;
    const fits = found?.length === shape.length &&
      shape.every((n, i) => typeof n === "string" || n === found[i]);
    if (fits) return tensors[name]!;
    throw new ShapeError(
      `read ${path}`,
      `tensor "${name}" [${shape.join(", ")}]`,
      found === undefined ? "none" : `[${found.join(", ")}]`,
    );
  };
  const weight = take("linear.weight", ["dim", width]);
  const dim = weight.shape[0]!;
  const bias = config.bias === true || tensors["linear.bias"] !== undefined;
  return {
    layer: { dim, bias, activation, residual },
    weights: {
      [headName(place, "weight")]: weight,
      ...(bias &&
        { [headName(place, "bias")]: take("linear.bias", [dim]) }),
      ...(residual && dim !== width && {
        [headName(place, "residual")]: take("residual.weight", [dim, width]),
      }),
    },
  };
}

/** Our name of what a configuration puts behind a layer; nothing is none. */
function activationOf(
  given: unknown,
  folder: string,
): HeadActivation {
  const name = given ?? TORCH_ACTIVATIONS.none;
  const last = typeof name === "string" ? `.${name}`.split(".").at(-1) : "";
  for (const [ours, theirs] of Object.entries(TORCH_ACTIVATIONS)) {
    if (theirs.endsWith(`.${last}`)) return ours as HeadActivation;
  }
  throw new RangeError(
    `Cannot read ${folder}: expected an activation_function among ${
      Object.values(TORCH_ACTIVATIONS).map((path) => path.split(".").at(-1))
        .join(", ")
    }, got ${JSON.stringify(name).slice(0, 80)}`,
  );
}
