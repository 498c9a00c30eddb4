import { ShapeError } from "../../num/shape_error.ts";
import { readJsonObject, readTextIfThere } from "../read_json.ts";
import { readSafetensors } from "../weights/read_safetensors.ts";
import type { WeightMap } from "../weights/weight_map.ts";

/** Parts of a checkpoint that are never read. */
const NOT_WEIGHTS = /embeddings\.(position_ids|token_type_ids)$/;

/** The list of a checkpoint's parts. */
const INDEX = "model.safetensors.index.json";

/**
 * Reads a folder's `model.safetensors`, or the parts that `model.safetensors.index.json`
 * lists where there is no such file; all of it finite.
 *
 * Stored positions, which some writers keep beside the weights, are left out.
 *
 * @param folder The model's folder.
 * @returns The weights by the file's names.
 * @throws {SyntaxError} If a file is truncated, altered or does not parse, or a part has
 * not what the list says.
 * @throws {RangeError} If a weight is NaN or infinite; its tensor is named.
 * @throws {Deno.errors.NotFound} If the file, or a part, is missing.
 *
 * @example Usage
 * ```ts
 * import { readWeightFile } from "#lib/store/model/weight_file.ts";
 * import { assertRejects } from "@std/assert";
 *
 * await assertRejects(() => readWeightFile("none"), Deno.errors.NotFound, "model.safetensors");
 * ```
 */
export async function readWeightFile(folder: string): Promise<WeightMap> {
  try {
    return await readPart(`${folder}/model.safetensors`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (await readTextIfThere(`${folder}/${INDEX}`) !== undefined) {
    return await readParts(folder);
  }
  throw new Deno.errors.NotFound(
    `Cannot load ${folder}: expected model.safetensors, got no such file ` +
      `(other forms, such as pytorch_model.bin, are not read; ` +
      `transformers' save_pretrained writes model.safetensors of them)`,
  );
}

/** Reads one file, all of it finite. */
async function readPart(path: string): Promise<WeightMap> {
  const tensors = await readSafetensors(path, {
    select: (name) => !NOT_WEIGHTS.test(name),
  });
  checkFinite(tensors, `load ${path}`);
  return tensors;
}

/** Reads the parts of a checkpoint that is cut into several files. */
async function readParts(folder: string): Promise<WeightMap> {
  const path = `${folder}/${INDEX}`;
  const { weight_map: places } = await readJsonObject(path);
  const listed = Object.entries(places ?? {});
  const isPlain = (file: unknown) =>
    typeof file === "string" && /^\w[\w.-]*\.safetensors$/.test(file);
  const wrong = listed.find(([, file]) => !isPlain(file));
  if (listed.length === 0 || wrong !== undefined) {
    throw new SyntaxError(
      `Cannot read ${path}: expected plain names of safetensors files under "weight_map", got ${
        JSON.stringify(wrong?.[1]) ?? "none"
      }`,
    );
  }
  const tensors: Record<string, WeightMap[string]> = {};
  for (const file of new Set(listed.map(([, file]) => file))) {
    Object.assign(tensors, await readPart(`${folder}/${file}`));
  }
  const missing = listed.find(([name]) =>
    !NOT_WEIGHTS.test(name) && !Object.hasOwn(tensors, name)
  );
  if (missing === undefined) return tensors;
  throw new SyntaxError(
    `Cannot read ${folder}/${missing[1]}: expected tensor "${
      missing[0]
    }", as ${INDEX} says, got none`,
  );
}

/**
 * Refuses weights that are not finite, which no training recovers from.
 *
 * @param weights By name.
 * @param task What is being done with them, for the error: `load model`.
 * @throws {RangeError} If a weight is NaN or infinite; its tensor is named.
 *
 * @example Usage
 * ```ts
 * import { checkFinite } from "#lib/store/model/weight_file.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const weight = { shape: [1], values: Float32Array.of(NaN) };
 * assertThrows(() => checkFinite({ a: weight }, "load f"), RangeError, 'NaN in tensor "a"');
 * ```
 */
export function checkFinite(weights: WeightMap, task: string): void {
  for (const [name, { values }] of Object.entries(weights)) {
    const at = firstNotFinite(values);
    if (at !== undefined) {
      throw new RangeError(
        `Cannot ${task}: expected finite weights, got ${
          values[at]
        } in tensor "${name}"`,
      );
    }
  }
}

/** The bits of a 32-bit float's exponent: all of them in NaN and infinity alone. */
const EXPONENT = 0x7f800000;

/** Where the first NaN or infinity is, by its bits: ten times as fast as by numbers. */
function firstNotFinite(values: Float32Array): number | undefined {
  const { buffer, byteOffset, length } = values;
  const bits = new Int32Array(buffer, byteOffset, length);
  for (let at = 0; at < length; at++) {
    if ((bits[at]! & EXPONENT) === EXPONENT) return at;
  }
}

/**
 * Puts the file's name into an error of its tensors.
 *
 * @param path The file.
 * @param read Takes the tensors that are wanted.
 * @returns What `read` gives.
 * @throws {ShapeError} If `read` does; the error names the file.
 *
 * @example Usage
 * ```ts
 * import { namingFile } from "#lib/store/model/weight_file.ts";
 * import { checkpointReader } from "#lib/mod.ts";
 * import { assertThrows } from "@std/assert";
 *
 * const { take } = checkpointReader({}, "weights");
 * assertThrows(() => namingFile("a/file", () => take(["b"], [1])), TypeError, "load a/file");
 * ```
 */
export function namingFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(`load ${path}`, error.expected, error.got);
  }
}
