import "#tests/support/permitted.ts";
import { maxSim, type MaxSimOptions } from "#lib/engine/ops/max_sim.ts";
import { type Tensor, tensorOf, tf } from "#lib/engine/tensor.ts";
import { useEngine } from "#lib/engine/use_engine.ts";
import { ShapeError } from "#lib/num/shape_error.ts";
import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { given } from "../conformance/case.ts";
import { assertLikeTorch, numbersOf, sides } from "./oracle.ts";

/** Two queries of one token against three documents of one, one and two tokens. */
const OPTIONS: MaxSimOptions = {
  queryOffsets: Int32Array.of(0, 1, 2),
  documentOffsets: Int32Array.of(0, 1, 2, 4),
  queryKeep: Uint8Array.of(1, 1),
  documentKeep: Uint8Array.of(1, 1, 1, 1),
};

/** Numbers as a column. */
const column = (...values: number[]) => tensorOf(values, [values.length, 1]);

Deno.test("maxSim() adds the best similarities of the query's tokens", async () => {
  await useEngine("reference");
  const scores = maxSim(column(1, -2), column(3, 5, 4), {
    queryOffsets: Int32Array.of(0, 2),
    documentOffsets: Int32Array.of(0, 1, 3),
    queryKeep: Uint8Array.of(1, 1),
    documentKeep: Uint8Array.of(1, 1, 1),
  });
  assertEquals(numbersOf(scores), [3 - 6, 5 - 8]);
});

Deno.test("maxSim() has torch's values and gradients with dropped tokens", () =>
  assertLikeTorch(
    "max sim",
    ({ queries, documents }) =>
      maxSim(queries!, documents!, {
        queryOffsets: Int32Array.from(sides.query_offsets),
        documentOffsets: Int32Array.from(sides.document_offsets),
        queryKeep: Uint8Array.from(sides.query_keep),
        documentKeep: Uint8Array.from(sides.document_keep),
      }),
  ));

for (const engine of ["reference", "onnx", "wasm"] as const) {
  Deno.test(`maxSim() never lets a dropped token win over negative ones on ${engine}`, async () => {
    await useEngine(engine);
    const scores = maxSim(column(1, 1), column(-3, -2, -5, 100), {
      ...OPTIONS,
      documentKeep: Uint8Array.of(1, 1, 1, 0),
    });
    assertEquals(numbersOf(scores), [-3, -2, -5, -3, -2, -5]);
  });

  Deno.test(`maxSim() of a batch is the loop over its pairs on ${engine}`, async () => {
    await useEngine(engine);
    const queryOffsets = [0, 3, 4, 8];
    const documentOffsets = [0, 2, 7, 8, 12];
    const q = tensorOf(given(1, [8, 16]).values, [8, 16]);
    const d = tensorOf(given(2, [12, 16]).values, [12, 16]);
    const queryKeep = Uint8Array.of(1, 0, 1, 1, 1, 1, 0, 1);
    const documentKeep = Uint8Array.of(0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1);
    const batch = maxSim(q, d, {
      queryOffsets: Int32Array.from(queryOffsets),
      documentOffsets: Int32Array.from(documentOffsets),
      queryKeep,
      documentKeep,
    });
    const loop = pairs(queryOffsets).flatMap(([qs, qe]) =>
      pairs(documentOffsets).flatMap(([ds, de]) =>
        numbersOf(maxSim(rows(q, qs, qe), rows(d, ds, de), {
          queryOffsets: Int32Array.of(0, qe - qs),
          documentOffsets: Int32Array.of(0, de - ds),
          queryKeep: queryKeep.subarray(qs, qe),
          documentKeep: documentKeep.subarray(ds, de),
        }))
      )
    );
    numbersOf(batch).forEach((score, i) =>
      assertAlmostEquals(score, loop[i]!, 2e-5)
    );
  });

  Deno.test(`maxSim() with ways is the diagonal of all to all on ${engine}`, async () => {
    await useEngine(engine);
    const q = tensorOf(given(3, [2, 16]).values, [2, 16]);
    const d = tensorOf(given(4, [6, 16]).values, [6, 16]);
    const options = {
      ...OPTIONS,
      documentOffsets: Int32Array.of(0, 1, 3, 5, 6),
      documentKeep: new Uint8Array(6).fill(1),
    };
    const all = numbersOf(maxSim(q, d, options));
    const grouped = numbersOf(maxSim(q, d, { ...options, ways: 2 }));
    const diagonal = [all[0]!, all[1]!, all[6]!, all[7]!];
    grouped.forEach((score, i) =>
      assertAlmostEquals(score, diagonal[i]!, 2e-5)
    );
  });
}

/** Neighbours of a list. */
function pairs(offsets: number[]): [number, number][] {
  return offsets.slice(1).map((end, i) => [offsets[i]!, end]);
}

/** Consecutive rows. */
function rows(x: Tensor, start: number, end: number): Tensor {
  return tf.slice(x, [start, 0], [end - start, -1]);
}

Deno.test("maxSim() names a query that keeps no token", async () => {
  await useEngine("reference");
  assertThrows(
    () =>
      maxSim(column(1, 1), column(1, 1, 1, 1), {
        ...OPTIONS,
        queryKeep: Uint8Array.of(1, 0),
      }),
    RangeError,
    "Cannot score by MaxSim: expected at least one kept token in query 1, got none of 1 tokens",
  );
});

Deno.test("maxSim() names a document that keeps no token", async () => {
  await useEngine("reference");
  assertThrows(
    () =>
      maxSim(column(1, 1), column(1, 1, 1, 1), {
        ...OPTIONS,
        documentKeep: Uint8Array.of(1, 1, 0, 0),
      }),
    RangeError,
    "in document 2, got none of 2 tokens",
  );
});

Deno.test("maxSim() refuses vectors of different lengths", async () => {
  await useEngine("reference");
  assertThrows(
    () =>
      maxSim(column(1, 1), tensorOf([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]), OPTIONS),
    ShapeError,
    "of one dim, got queries [2,1] and documents [4,2]",
  );
});

Deno.test("maxSim() refuses a mask that is too short", async () => {
  await useEngine("reference");
  assertThrows(
    () =>
      maxSim(column(1, 1), column(1, 1, 1, 1), {
        ...OPTIONS,
        queryKeep: Uint8Array.of(1),
      }),
    ShapeError,
    "expected query offsets from 0 to 2 and 2 flags, got offsets from 0 to 2 and 1 flags",
  );
});

Deno.test("maxSim() refuses documents that are not queries times ways", async () => {
  await useEngine("reference");
  assertThrows(
    () => maxSim(column(1, 1), column(1, 1, 1, 1), { ...OPTIONS, ways: 2 }),
    ShapeError,
    "expected 2 queries x 2 ways = 4 documents, got 3 documents",
  );
});
