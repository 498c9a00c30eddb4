import type { Weight, WeightMap } from "./weight_map.ts";

/** One weight as a TensorFlow.js manifest describes it. */
interface ManifestWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** Weights that lie end to end in one list of files. */
interface ManifestGroup {
  readonly paths: readonly string[];
  readonly weights: readonly ManifestWeight[];
}

/**
 * Reads the 32-bit weights of a TensorFlow.js model from its shards.
 *
 * A group's shards are one stretch of bytes cut anywhere, also inside a weight.
 * Integer constants of the graph are skipped.
 *
 * @param model The `model.json` whose `weightsManifest` lists the shards; they
 * lie in its folder.
 * @returns Weights by the graph's own names.
 * @throws {SyntaxError} If the manifest does not parse, or the shards do not
 * hold exactly the bytes it asks for.
 *
 * @example Usage
 * ```ts
 * import { readTfjsWeights } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const weights = [{ name: "a", shape: [1], dtype: "float32" }];
 * await Deno.writeTextFile(
 *   `${folder}/model.json`,
 *   JSON.stringify({ weightsManifest: [{ paths: ["shard"], weights }] }),
 * );
 * await Deno.writeFile(`${folder}/shard`, new Uint8Array(4));
 * const read = await readTfjsWeights(new URL(`file://${folder}/model.json`));
 * assertEquals(read.a, { shape: [1], values: Float32Array.of(0) });
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function readTfjsWeights(model: URL): Promise<WeightMap> {
  const weights: Record<string, Weight> = Object.create(null);
  for (const group of await readManifest(model)) {
    const bytes = await joinShards(model, group);
    let place = 0;
    for (const { name, shape, dtype } of group.weights) {
      const end = place + 4 * size(shape);
      if (dtype === "float32") {
        weights[name] = { shape, values: floats(bytes, place, end) };
      }
      place = end;
    }
  }
  return weights;
}

/** Reads and checks the manifest. */
async function readManifest(model: URL): Promise<readonly ManifestGroup[]> {
  let groups: unknown;
  try {
    groups = JSON.parse(await Deno.readTextFile(model)).weightsManifest;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw refuse(model, "JSON", error.message);
  }
  if (!Array.isArray(groups) || !groups.every(isGroup)) {
    throw refuse(model, "a weightsManifest of 32-bit weights", "none");
  }
  return groups;
}

/** Whether a value lists shards and weights of 4 bytes an element. */
function isGroup(value: unknown): value is ManifestGroup {
  const { paths, weights } = (value ?? {}) as Partial<ManifestGroup>;
  return Array.isArray(paths) &&
    paths.every((path) => typeof path === "string" && /^[\w.-]+$/.test(path)) &&
    Array.isArray(weights) && weights.every(isWeight);
}

/** Whether a value describes a weight of 4 bytes an element. */
function isWeight(value: unknown): value is ManifestWeight {
  const { name, shape, dtype } = (value ?? {}) as Partial<ManifestWeight>;
  return typeof name === "string" &&
    (dtype === "float32" || dtype === "int32") &&
    Array.isArray(shape) &&
    shape.every((length) => Number.isSafeInteger(length) && length >= 0);
}

/** Reads all shards of a group into one array. */
async function joinShards(
  model: URL,
  { paths, weights }: ManifestGroup,
): Promise<Uint8Array> {
  const expected = weights.reduce((sum, { shape }) => sum + 4 * size(shape), 0);
  const shards = await Promise.all(
    paths.map((path) => Deno.readFile(new URL(path, model))),
  );
  const got = shards.reduce((sum, shard) => sum + shard.length, 0);
  if (got !== expected) {
    throw refuse(
      model,
      `${expected} bytes of weights in ${paths.length} shards`,
      `${got} (truncated or altered?)`,
    );
  }
  const bytes = new Uint8Array(expected);
  let place = 0;
  for (const shard of shards) {
    bytes.set(shard, place);
    place += shard.length;
  }
  return bytes;
}

/** Copies a stretch of bytes out as 32-bit floats. */
function floats(bytes: Uint8Array, begin: number, end: number): Float32Array {
  return new Float32Array(bytes.slice(begin, end).buffer);
}

/** Product of a shape. */
function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The error of a model that cannot be read. */
function refuse(model: URL, expected: string, got: string): SyntaxError {
  return new SyntaxError(
    `Cannot read ${model.pathname}: expected ${expected}, got ${got}`,
  );
}
