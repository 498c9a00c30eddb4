/**
 * What every average of parameter sets must do, whichever it is, and the values of
 * torch and mergekit.
 *
 * @module
 */
import "#tests/support/permitted.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
} from "@std/assert";
import { ema, type EmaState } from "#lib/average/ema.ts";
import { greedySoup } from "#lib/average/greedy_soup.ts";
import { lerp } from "#lib/average/lerp.ts";
import { polyak } from "#lib/average/polyak.ts";
import { slerp } from "#lib/average/slerp.ts";
import { taskArithmetic } from "#lib/average/task_arithmetic.ts";
import { uniformMean } from "#lib/average/uniform_mean.ts";
import { type Parameters, read, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { stream } from "#lib/num/stream.ts";
import means from "../fixtures/average/means.json" with { type: "json" };

type Sets = readonly [Parameters, Parameters];

/** An average that takes sets in one after the other. */
interface Running {
  init(): EmaState;
  update(state: EmaState, parameters: Parameters): EmaState;
  readout(state: EmaState): Parameters;
}

/** What an average over time reads out after some sets. */
function after(average: Running, sets: readonly Parameters[]): Parameters {
  const state = sets.reduce(
    (state: EmaState, set) => average.update(state, set),
    average.init(),
  );
  const readout = average.readout(state);
  tf.dispose({ ...state.tensors });
  return readout;
}

/** Every average, of two sets. */
const AVERAGES: Readonly<
  Record<string, (sets: Sets) => Parameters | Promise<Parameters>>
> = {
  uniformMean: (sets) => uniformMean(sets),
  lerp: (sets) => lerp(sets, [0.3, 0.7]),
  "slerp, the paper's": ([a, b]) => slerp(a, b, { share: 0.4, form: "paper" }),
  "slerp, mergekit's": ([a, b]) =>
    slerp(a, b, { share: 0.4, form: "mergekit" }),
  taskArithmetic: ([base, model]) =>
    taskArithmetic(base, [model], { lambda: 0.5 }),
  ema: (sets) => after(ema({ decay: 0.5 }), sets),
  "ema, uncorrected": (sets) =>
    after(ema({ decay: 0.5, isCorrected: false }), sets),
  polyak: (sets) => after(polyak(), sets),
  greedySoup: async (sets) => {
    let score = 0; // every mean is better than the one before
    const candidates = sets.map((parameters) => ({ parameters, score: 0 }));
    return (await greedySoup(candidates, () => ++score)).parameters;
  },
};

/** A set of a matrix, a vector of one number and a scalar. */
function setOf(seed: number): Parameters {
  const random = stream(seed, "set");
  const numbers = (count: number) =>
    Array.from({ length: count }, () => random.normal());
  return {
    "a.weight": tensorOf(numbers(6), [2, 3]),
    "a.bias": tensorOf(numbers(1), [1]),
    scale: tensorOf(numbers(1), []),
  };
}

const numbersOf = (set: Parameters) =>
  Object.fromEntries(
    Object.entries(set).map(([name, x]) => [name, [...read(x)]]),
  );

/** A set with every number times one. */
const times = (set: Parameters, factor: number): Parameters =>
  Object.fromEntries(
    Object.entries(set).map(([name, x]) => [
      name,
      tensorOf([...read(x)].map((value) => value * factor), x.shape),
    ]),
  );

for (const [name, average] of Object.entries(AVERAGES)) {
  Deno.test(`${name} of a set and itself is that set`, async () => {
    await useEngine("reference");
    const set = setOf(1);
    const result = await average([set, set]);
    for (const [key, values] of Object.entries(numbersOf(set))) {
      assertEquals(result[key]!.shape, set[key]!.shape);
      read(result[key]!).forEach((value, i) =>
        assertAlmostEquals(value, values[i]!, 1e-14)
      );
    }
  });

  Deno.test(`${name} of all parameters is that of each by itself, in any order of names`, async () => {
    await useEngine("reference");
    const [one, two] = [setOf(1), setOf(2)];
    const all = numbersOf(await average([one, two]));
    const turned = (set: Parameters) =>
      Object.fromEntries(Object.entries(set).reverse());
    assertEquals(numbersOf(await average([turned(one), turned(two)])), all);
    for (const key of Object.keys(one)) {
      const alone = await average([{ [key]: one[key]! }, { [key]: two[key]! }]);
      assertEquals(numbersOf(alone)[key], all[key]);
    }
  });

  Deno.test(`${name} keeps NaN visible in the parameter that has it, and there alone`, async () => {
    await useEngine("reference");
    const spoilt = { ...setOf(2), "a.bias": tensorOf([NaN], [1]) };
    for (const sets of [[setOf(1), spoilt], [spoilt, setOf(1)]] as const) {
      const result = numbersOf(await average(sets));
      assert(Number.isNaN(result["a.bias"]![0]!), "hidden");
      assert(result["a.weight"]!.every(Number.isFinite), "spread");
    }
  });

  for (const engine of ["reference", "wasm", "onnx"] as const) {
    Deno.test(`${name} of numbers of 1e30 is finite and of their size, on ${engine}`, async () => {
      await useEngine(engine);
      const result = await average([
        times(setOf(1), 1e30),
        times(setOf(2), 1e30),
      ]);
      const small = await average([setOf(1), setOf(2)]);
      for (const [key, values] of Object.entries(numbersOf(result))) {
        const size = Math.max(...[...read(small[key]!)].map(Math.abs), 1);
        values.forEach((value, i) => {
          // Of 32 bits, some operations of 6e-8 each.
          const expected = read(small[key]!)[i]!;
          assertAlmostEquals(value / 1e30, expected, 1e-5 * size);
        });
      }
    });
  }

  Deno.test(`${name} leaves its sets alive, shares no memory with them and holds no more`, async () => {
    await useEngine("reference");
    const sets = [setOf(1), setOf(2)] as const;
    const before = tf.memory().numTensors;
    const result = await average(sets);
    assertEquals(tf.memory().numTensors, before + 3);
    const values = numbersOf(result);
    for (const set of sets) tf.dispose({ ...set });
    assertEquals(numbersOf(result), values);
  });

  Deno.test(`${name} refuses other names and shapes, naming the first`, async () => {
    await useEngine("reference");
    const set = setOf(1);
    const { scale: _, ...fewer } = setOf(2);
    const other = { ...setOf(2), "a.bias": tensorOf([1, 2], [2]) };
    const refusal = (second: Parameters) =>
      assertRejects(async () => await average([set, second]), ShapeError);
    assert((await refusal(fewer)).message.includes("scale"));
    assert((await refusal(other)).message.includes("a.bias"));
  });
}

const sets = () =>
  means.sets.map((values) => ({ w: tensorOf(values, [values.length]) }));

/** Holds a set's only parameter against numbers. */
function assertNumbers(set: Parameters, expected: readonly number[]): void {
  read(set["w"]!).forEach((value, i) =>
    assertAlmostEquals(value, expected[i]!, 1e-13)
  );
}

Deno.test("uniformMean() and polyak() equal torch's AveragedModel", async () => {
  await useEngine("reference");
  assertNumbers(uniformMean(sets()), means.mean);
  assertNumbers(after(polyak(), sets()), means.mean);
});

for (const decay of [0.5, 0.9] as const) {
  Deno.test(`ema() of ${decay} equals torch's, which is not corrected, and the corrected mean`, async () => {
    await useEngine("reference");
    const uncorrected = ema({ decay, isCorrected: false });
    assertNumbers(after(uncorrected, sets()), means.ema[`${decay}`]);
    assertNumbers(after(ema({ decay }), sets()), means.corrected[`${decay}`]);
  });
}

Deno.test("lerp() and taskArithmetic() equal mergekit's formulas", async () => {
  await useEngine("reference");
  const [base, ...models] = sets();
  const weights = means.weights.slice(1);
  assertNumbers(lerp(sets(), means.weights), means.linear);
  const options = { lambda: 0.6, weights };
  assertNumbers(
    taskArithmetic(base!, models, options),
    means["task arithmetic"],
  );
  assertNumbers(
    taskArithmetic(base!, models, { ...options, isNormalised: true }),
    means["task arithmetic, normalised"],
  );
});
