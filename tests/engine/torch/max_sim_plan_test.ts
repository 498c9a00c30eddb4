import {
  type Meeting,
  meetingsOf,
  rectangleOf,
} from "#lib/engine/torch/kernels/max_sim_plan.ts";
import { assertEquals } from "@std/assert";

Deno.test("rectangleOf() repeats the first kept row of short texts", () => {
  const { rows, length, counts } = rectangleOf(
    Int32Array.of(0, 3, 5, 9),
    Uint8Array.of(0, 1, 1, 1, 0, 1, 1, 1, 1),
    Int32Array.of(0, 1, 2),
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

/** Numbers of the documents of each meeting. */
function documentsOf(meetings: readonly Meeting[]): number[][] {
  return meetings.map(({ documents }) => [...documents]);
}

Deno.test("meetingsOf() puts documents of like length together, and says where each one is", () => {
  const options = {
    queryOffsets: Int32Array.of(0, 1),
    queryKeep: Uint8Array.of(1),
    documentOffsets: Int32Array.of(0, 9, 11, 20, 21),
    documentKeep: new Uint8Array(21).fill(1),
  };
  const { meetings, columns } = meetingsOf(options, 18);
  assertEquals(documentsOf(meetings), [[3, 1], [0, 2]]);
  assertEquals([...columns!], [2, 1, 3, 0]);
});

Deno.test("meetingsOf() cuts documents for all queries at once", () => {
  const options = {
    queryOffsets: tens(2),
    queryKeep: kept(2),
    documentOffsets: tens(7),
    documentKeep: kept(7),
  };
  // 20 query rows x 10 rows a document: 200 similarities a document.
  const { meetings, columns } = meetingsOf(options, 800);
  assertEquals(documentsOf(meetings), [[0, 1, 2, 3], [4, 5, 6]]);
  assertEquals(columns, undefined);
  assertEquals(meetingsOf(options, 1).meetings.length, 7);
  assertEquals(meetingsOf(options, 1e9).meetings.length, 1);
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
  const { meetings } = meetingsOf(options, 400);
  assertEquals(meetings.map(({ queries }) => [...queries]), [[0, 1], [2]]);
  assertEquals(documentsOf(meetings), [[0, 1, 2, 3], [4, 5]]);
});
