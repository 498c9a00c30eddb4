import { assertEquals, assertLess, assertThrows } from "@std/assert";
import { pcaHead } from "#lib/encoder/pca_head.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { stream } from "#lib/num/stream.ts";
import { distance } from "./tiny_encoders.ts";

const HIDDEN = 6;

/** States around a common mean, spread more along early axes. */
function cloud(tokens = 400): Float64Array {
  const { normal } = stream(3, "states");
  return Float64Array.from({ length: tokens * HIDDEN }, (_, i) => {
    const axis = i % HIDDEN;
    return (axis === HIDDEN - 1 ? 9 : 0) + normal() / (1 + axis);
  });
}

/** What a head makes of the states scaled to length 1, `[tokens][dim]`. */
function projected(
  states: Float64Array,
  head: { shape: readonly number[]; values: Float32Array },
): number[][] {
  return Array.from({ length: states.length / HIDDEN }, (_, t) => {
    const state = states.subarray(t * HIDDEN, (t + 1) * HIDDEN);
    const length = Math.hypot(...state);
    return Array.from(
      { length: head.shape[0]! },
      (_, k) =>
        state.reduce(
          (sum, x, j) => sum + x / length * head.values[k * HIDDEN + j]!,
          0,
        ),
    );
  });
}

/** Mean of the products of two columns. */
function moment(rows: number[][], a: number, b: number): number {
  return rows.reduce((sum, row) => sum + row[a]! * row[b]!, 0) / rows.length;
}

Deno.test("pcaHead() gives components of mean 0, equal variance and no correlation", () => {
  const rows = projected(cloud(), pcaHead(cloud(), { hidden: HIDDEN, dim: 4 }));
  for (let a = 0; a < 4; a++) {
    const mean = rows.reduce((sum, row) => sum + row[a]!, 0) / rows.length;
    assertLess(Math.abs(mean), 1e-7);
    assertLess(Math.abs(moment(rows, a, a) / moment(rows, 0, 0) - 1), 1e-5);
    for (let b = 0; b < a; b++) {
      assertLess(Math.abs(moment(rows, a, b) / moment(rows, 0, 0)), 1e-5);
    }
  }
});

Deno.test("pcaHead() without whitening gives orthonormal rows, most variance first", () => {
  const head = pcaHead(cloud(), { hidden: HIDDEN, dim: 5, whiten: false });
  const rows = projected(cloud(), head);
  for (let a = 0; a < 5; a++) {
    for (let b = 0; b <= a; b++) {
      const dot = Array.from(
        { length: HIDDEN },
        (_, j) => head.values[a * HIDDEN + j]! * head.values[b * HIDDEN + j]!,
      )
        .reduce((sum, x) => sum + x);
      assertLess(Math.abs(dot - Number(a === b)), 1e-6);
    }
    if (a > 0) assertLess(moment(rows, a, a), moment(rows, a - 1, a - 1));
  }
});

Deno.test("pcaHead() has rows of mean square length 1", () => {
  const { values } = pcaHead(cloud(), { hidden: HIDDEN, dim: 3 });
  assertLess(Math.abs(values.reduce((sum, x) => sum + x * x, 0) / 3 - 1), 1e-6);
});

Deno.test("pcaHead() does not depend on the length of a state, nor on rows of zeros but for their count", () => {
  const states = cloud();
  const longer = states.map((x, i) => x * (1 + Math.floor(i / HIDDEN) % 7));
  const options = { hidden: HIDDEN, dim: 3 };
  assertLess(
    distance(pcaHead(longer, options).values, pcaHead(states, options).values),
    1e-6,
  );
  const padded = new Float64Array(states.length + HIDDEN * 10);
  padded.set(states);
  assertLess(
    distance(pcaHead(padded, options).values, pcaHead(states, options).values),
    1e-6,
  );
});

Deno.test("pcaHead() gives the same bits twice", () => {
  const options = { hidden: HIDDEN, dim: 4 };
  assertEquals(
    pcaHead(Float32Array.from(cloud()), options),
    pcaHead(Float32Array.from(cloud()), options),
  );
});

Deno.test("pcaHead() refuses sizes and states it can make nothing of", () => {
  const states = cloud();
  const cases: [
    () => unknown,
    typeof ShapeError | typeof RangeError,
    string,
  ][] = [
    [
      () => pcaHead(states, { hidden: 7, dim: 2 }),
      ShapeError,
      "Cannot make a head: expected states [tokens, 7], got 2400 numbers",
    ],
    [
      () => pcaHead(new Float64Array(0), { hidden: 6, dim: 2 }),
      ShapeError,
      "got 0 numbers",
    ],
    [
      () => pcaHead(states, { hidden: 6, dim: 7 }),
      ShapeError,
      "Cannot make a head: expected dim from 1 to 6, got 7",
    ],
    [
      () => pcaHead(states, { hidden: 6, dim: 6 }),
      RangeError,
      "Cannot make a head: expected token states that vary in at least 6 directions, got 5 (take more texts, or a smaller dim)",
    ],
    [
      () => pcaHead(states.slice(0, 6), { hidden: 6, dim: 1 }),
      RangeError,
      "got 0",
    ],
    [
      () => pcaHead(states.with(3, NaN), { hidden: 6, dim: 1 }),
      RangeError,
      "expected finite numbers, got NaN",
    ],
  ];
  for (const [run, kind, message] of cases) assertThrows(run, kind, message);
});
