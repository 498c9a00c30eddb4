import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ShapeError } from "#lib/num/shape_error.ts";
import {
  lengths,
  packRows,
  packTexts,
  reorder,
  type TokenRow,
} from "#lib/text/pack_texts.ts";

const ROWS: TokenRow[] = [
  {
    ids: [5, 6, 7],
    keep: [true, false, true],
    attend: [true, true, false],
    segment: [0, 1, 1],
  },
  { ids: [8] },
  { ids: [9, 9] },
];

/** Rows of random tokens. */
const anyRows = fc.array(
  fc.array(fc.tuple(fc.nat(99), fc.boolean(), fc.boolean(), fc.nat(1)), {
    minLength: 1,
    maxLength: 6,
  })
    .map((tokens): TokenRow => ({
      ids: tokens.map(([id]) => id),
      keep: tokens.map(([, keep]) => keep),
      attend: tokens.map(([, , attend]) => attend),
      segment: tokens.map(([, , , segment]) => segment),
    })),
  { minLength: 1, maxLength: 8 },
);

Deno.test("packRows() lays texts end to end and counts everything by default", () => {
  assertEquals(packRows(ROWS), {
    ids: Int32Array.of(5, 6, 7, 8, 9, 9),
    offsets: Int32Array.of(0, 3, 4, 6),
    segment: Uint8Array.of(0, 1, 1, 0, 0, 0),
    keep: Uint8Array.of(1, 0, 1, 1, 1, 1),
    attend: Uint8Array.of(1, 1, 0, 1, 1, 1),
  });
});

Deno.test("packTexts() joins batches into what one packing gives", () => {
  fc.assert(fc.property(anyRows, fc.nat(7), (rows, cut) => {
    const at = 1 + cut % rows.length;
    const parts = [rows.slice(0, at), rows.slice(at)].filter((part) =>
      part.length > 0
    );
    assertEquals(packTexts(parts.map(packRows)), packRows(rows));
  }));
});

Deno.test("reorder() takes texts in any order, some of them, some twice", () => {
  fc.assert(
    fc.property(
      anyRows,
      fc.array(fc.nat(99), { minLength: 1, maxLength: 9 }),
      (rows, places) => {
        const order = places.map((place) => place % rows.length);
        assertEquals(
          reorder(packRows(rows), order),
          packRows(order.map((text) => rows[text]!)),
        );
      },
    ),
  );
});

Deno.test("lengths() counts the tokens of each text", () => {
  assertEquals(lengths(packRows(ROWS)), Int32Array.of(3, 1, 2));
});

Deno.test("packRows(), packTexts() and reorder() refuse nothing at all", () => {
  assertThrows(
    () => packRows([]),
    ShapeError,
    "Cannot pack texts: expected at least one text, got none",
  );
  assertThrows(
    () => packRows([{ ids: [1] }, { ids: [] }]),
    ShapeError,
    "Cannot pack text 1: expected at least one token, got none",
  );
  assertThrows(
    () => packTexts([]),
    ShapeError,
    "Cannot join batches: expected at least one batch, got none",
  );
  assertThrows(
    () => reorder(packRows(ROWS), []),
    ShapeError,
    "Cannot reorder texts: expected at least one text, got none",
  );
});

Deno.test("reorder() refuses an index that names no text", () => {
  for (const bad of [3, -1, 0.5, NaN]) {
    assertThrows(
      () => reorder(packRows(ROWS), [0, bad]),
      RangeError,
      `Cannot reorder texts: expected indices from 0 to 2, got ${bad}`,
    );
  }
});
