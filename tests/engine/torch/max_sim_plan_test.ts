import {
  meetingsOf,
  rectangleOf,
  sortedByLength,
} from "#lib/engine/torch/kernels/max_sim_plan.ts";
import { assertEquals } from "@std/assert";

Deno.test("rectangleOf() repeats the first kept row of short texts", () => {
  const { rows, length, counts } = rectangleOf(
    Int32Array.of(0, 3, 5, 9),
    Uint8Array.of(0, 1, 1, 1, 0, 1, 1, 1, 1),
    [0, 3],
  );
  assertEquals(length, 4);
  assertEquals([...counts], [2, 1, 4]);
  assertEquals([...rows], [1, 2, 1, 1, 3, 3, 3, 3, 5, 6, 7, 8]);
});

/** Texts of ten tokens each. */
function tens(count: number): Int32Array {
  return Int32Array.from({ length: count + 1 }, (_, i) => 10 * i);
}

/** Flags of that many tokens. */
function kept(count: number): Uint8Array {
  return new Uint8Array(10 * count).fill(1);
}

Deno.test("meetingsOf() cuts documents for all queries at once", () => {
  const options = {
    queryOffsets: tens(2),
    queryKeep: kept(2),
    documentOffsets: tens(7),
    documentKeep: kept(7),
  };
  // 20 query rows x 10 rows a document: 200 similarities a document.
  const pieces = meetingsOf(options, 800);
  assertEquals(pieces.map(({ documents }) => documents), [[0, 4], [4, 7]]);
  assertEquals(meetingsOf(options, 1).length, 7);
  assertEquals(meetingsOf(options, 1e9).length, 1);
});

Deno.test("meetingsOf() cuts queries with their own documents", () => {
  const options = {
    queryOffsets: tens(3),
    queryKeep: kept(3),
    documentOffsets: tens(6),
    documentKeep: kept(6),
    ways: 2,
  };
  // 10 rows x 2 documents x 10 rows: 200 similarities a query.
  const pieces = meetingsOf(options, 400);
  assertEquals(pieces.map(({ queries }) => queries), [[0, 2], [2, 3]]);
  assertEquals(pieces.map(({ documents }) => documents), [[0, 4], [4, 6]]);
});

Deno.test("sortedByLength() puts short documents first, and says which rows and columns are whose", () => {
  const options = {
    queryOffsets: Int32Array.of(0, 1),
    queryKeep: Uint8Array.of(1),
    documentOffsets: Int32Array.of(0, 3, 4, 6, 7),
    documentKeep: Uint8Array.of(1, 1, 0, 1, 0, 1, 1),
  };
  const { options: sorted, rows, columns } = sortedByLength(options);
  assertEquals([...sorted.documentOffsets], [0, 1, 2, 4, 7]);
  assertEquals([...sorted.documentKeep], [1, 1, 0, 1, 1, 1, 0]);
  assertEquals([...rows!], [3, 6, 4, 5, 0, 1, 2]);
  assertEquals([...columns!], [3, 0, 2, 1]);
  assertEquals(sortedByLength(sorted), { options: sorted });
  const own = { ...options, ways: 4 };
  assertEquals(sortedByLength(own), { options: own });
});
