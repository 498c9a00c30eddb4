import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import fc from "fast-check";
import { symmetricEigen } from "#lib/encoder/symmetric_eigen.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { distance } from "./tiny_encoders.ts";

/** A symmetric matrix of numbers that fast-check draws. */
const symmetric = fc.integer({ min: 1, max: 9 }).chain((n) =>
  fc.array(fc.integer({ min: -20, max: 20 }), {
    minLength: n * n,
    maxLength: n * n,
  }).map((draws) => {
    const matrix = Float64Array.from(draws);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) matrix[j * n + i] = matrix[i * n + j]!;
    }
    return { matrix, n };
  })
);

Deno.test("symmetricEigen() solves a matrix done by hand", () => {
  // Eigenvalues of [[2, 0, 0], [0, 3, 4], [0, 4, 9]]: 11, 2, 1.
  const { values, vectors } = symmetricEigen(
    Float64Array.of(2, 0, 0, 0, 3, 4, 0, 4, 9),
    3,
  );
  assertLess(distance(values, [11, 2, 1]), 1e-13);
  const root = Math.sqrt(5);
  assertLess(
    distance(vectors, [0, 1 / root, 2 / root, 1, 0, 0, 0, 2 / root, -1 / root]),
    1e-13,
  );
});

Deno.test("symmetricEigen() gives A v = value v, vectors at right angles, values in order", () => {
  fc.assert(fc.property(symmetric, ({ matrix, n }) => {
    const { values, vectors } = symmetricEigen(matrix, n);
    for (let k = 0; k < n; k++) {
      const v = vectors.subarray(k * n, (k + 1) * n);
      const product = Array.from(
        { length: n },
        (_, i) => v.reduce((sum, x, j) => sum + x * matrix[i * n + j]!, 0),
      );
      assertLess(distance(product, v.map((x) => x * values[k]!)), 1e-11);
      for (let l = 0; l < n; l++) {
        const dot = v.reduce((sum, x, j) => sum + x * vectors[l * n + j]!, 0);
        assertLess(Math.abs(dot - Number(k === l)), 1e-12);
      }
      assert(k === 0 || values[k - 1]! >= values[k]!);
      assert(Math.max(...v) >= -Math.min(...v));
    }
  }));
});

Deno.test("symmetricEigen() takes one row, zeros and equal values", () => {
  assertEquals(symmetricEigen(Float64Array.of(-3), 1), {
    values: Float64Array.of(-3),
    vectors: Float64Array.of(1),
  });
  assertEquals([...symmetricEigen(new Float64Array(9), 3).values], [0, 0, 0]);
  assertEquals([...symmetricEigen(Float64Array.of(5, 0, 0, 5), 2).values], [
    5,
    5,
  ]);
});

Deno.test("symmetricEigen() reads the lower triangle alone, and changes nothing", () => {
  const matrix = Float64Array.of(2, 99, 1, 2);
  assertLess(distance(symmetricEigen(matrix, 2).values, [3, 1]), 1e-14);
  assertEquals([...matrix], [2, 99, 1, 2]);
});

Deno.test("symmetricEigen() refuses other sizes and what is not finite", () => {
  assertThrows(
    () => symmetricEigen(new Float64Array(3), 2),
    ShapeError,
    "Cannot take a matrix apart: expected [2, 2], got 3 numbers",
  );
  assertThrows(
    () => symmetricEigen(Float64Array.of(1, NaN, 0, 1), 2),
    RangeError,
    "Cannot take a matrix apart: expected finite numbers, got NaN",
  );
});
