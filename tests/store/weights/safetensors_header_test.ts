import { repeatedKey } from "#lib/store/repeated_key.ts";
import {
  parseSafetensorsHeader,
  safetensorsHeaderLength,
} from "#lib/store/weights/safetensors_header.ts";
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";

const parse = (json: string, dataBytes = 8) =>
  parseSafetensorsHeader(new TextEncoder().encode(json), {
    dataBytes,
    file: "f",
  });

/** A header of one F32 tensor of 8 bytes, with fields changed. */
const one = (change: Record<string, unknown>) =>
  JSON.stringify({
    a: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...change },
  });

Deno.test("parseSafetensorsHeader() gives the tensors in the order of their bytes", () => {
  const json = JSON.stringify({
    __metadata__: { format: "pt" },
    b: { dtype: "F32", shape: [1], data_offsets: [4, 8] },
    a: { dtype: "F16", shape: [2, 1], data_offsets: [0, 4] },
  });
  const { entries, metadata } = parse(json + "   ");
  assertEquals([...entries.keys()], ["a", "b"]);
  assertEquals(metadata, { format: "pt" });
});

/** Hostile headers, and what the error says. */
const hostile:
  readonly (readonly [what: string, json: string, says: string])[] = [
    ["no JSON", "{", "expected a JSON header"],
    ["a list", "[]", "expected a JSON object as header, got []"],
    ["null", "null", "expected a JSON object as header, got null"],
    [
      "a tensor that is no object",
      '{"a":1}',
      'tensor "a" to be an object, got 1',
    ],
    ["an unknown type", one({ dtype: "F31" }), 'a known dtype, got "F31"'],
    [
      "a type of Object's",
      one({ dtype: "constructor" }),
      'a known dtype, got "constructor"',
    ],
    ["no type", one({ dtype: undefined }), "a known dtype, got nothing"],
    [
      "a negative size",
      one({ shape: [-2] }),
      "a shape of whole numbers, got [-2]",
    ],
    [
      "a fraction",
      one({ shape: [0.5, 4] }),
      "a shape of whole numbers, got [0.5,4]",
    ],
    ["a huge size", one({ shape: [1e300] }), "a shape of whole numbers"],
    [
      "an overflow",
      one({ shape: [2 ** 40, 2 ** 40] }),
      "bytes, got offsets [0, 8]",
    ],
    [
      "an overflow to zero bytes",
      one({ shape: [2 ** 52, 2 ** 52, 0.0, 1], data_offsets: [0, 1] }),
      "offsets [0, 1]",
    ],
    [
      "a shape that is text",
      one({ shape: "22" }),
      'a shape of whole numbers, got "22"',
    ],
    [
      "offsets that are missing",
      one({ data_offsets: undefined }),
      "two data offsets, got nothing",
    ],
    [
      "three offsets",
      one({ data_offsets: [0, 8, 8] }),
      "two data offsets, got [0,8,8]",
    ],
    [
      "turned offsets",
      one({ data_offsets: [8, 0] }),
      "to have 8 bytes, got offsets [8, 0]",
    ],
    [
      "negative offsets",
      one({ data_offsets: [-8, 0] }),
      "two data offsets, got [-8,0]",
    ],
    [
      "too few bytes",
      one({ data_offsets: [0, 4] }),
      "F32 [2] to have 8 bytes, got offsets [0, 4]",
    ],
    [
      "a misaligned tensor",
      one({ data_offsets: [2, 10] }),
      "to begin at a multiple of 4, got offset 2",
    ],
    [
      "a gap",
      one({ data_offsets: [4, 12] }),
      "to begin at 0, where the one before it ends, got 4 (a gap)",
    ],
    [
      "data out of the file",
      one({ shape: [3], data_offsets: [0, 12] }),
      "12 bytes of tensors, as its header says, got 8 (truncated?)",
    ],
    [
      "bytes left over",
      one({ shape: [1], data_offsets: [0, 4] }),
      "got 8 (bytes left over)",
    ],
    [
      "no tensors but data",
      "{}",
      "0 bytes of tensors, as its header says, got 8",
    ],
    [
      "metadata of numbers",
      one({}).replace("{", '{"__metadata__":{"a":1},'),
      'metadata of text by name, got {"a":1}',
    ],
    [
      "metadata of a list",
      one({}).replace("{", '{"__metadata__":["a"],'),
      "metadata of text by name",
    ],
    [
      "a repeated name",
      `{"a":${one({}).slice(5, -1)},"\\u0061":1}`,
      'every header key once, got "a" twice',
    ],
    [
      "a repeated field",
      '{"a":{"dtype":"F32","dtype":"F64"}}',
      'every header key once, got "dtype" twice',
    ],
    [
      "__proto__",
      one({}).replace('"a"', '"__proto__"'),
      'plain tensor names, got "__proto__"',
    ],
  ];

for (const [what, json, says] of hostile) {
  Deno.test(`parseSafetensorsHeader() refuses ${what}`, () => {
    assertThrows(() => parse(json), SyntaxError, "Cannot read f: expected ");
    assertThrows(() => parse(json), SyntaxError, says);
  });
}

Deno.test("parseSafetensorsHeader() refuses an overlap", () => {
  const json = JSON.stringify({
    a: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
    b: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
  });
  assertThrows(() => parse(json), SyntaxError, "got 0 (an overlap)");
});

Deno.test("parseSafetensorsHeader() refuses bytes that are no UTF-8", () => {
  const bytes = Uint8Array.of(0x7b, 0xff, 0x7d);
  assertThrows(
    () => parseSafetensorsHeader(bytes, { dataBytes: 0, file: "f" }),
    SyntaxError,
    "expected a JSON header",
  );
});

Deno.test("parseSafetensorsHeader() refuses deep nesting and long strings without harm", () => {
  const deep = '{"a":' + "[".repeat(200_000) + "]".repeat(200_000) + "}";
  assertThrows(() => parse(deep), SyntaxError, "Cannot read f: expected");
  const long = JSON.stringify({ ["\\".repeat(1_000_000)]: 1 });
  assertThrows(
    () => parse(long),
    SyntaxError,
    "Cannot read f: expected tensor",
  );
});

Deno.test("parseSafetensorsHeader() answers any JSON with a header or one clear error", () => {
  fc.assert(fc.property(fc.json(), (json) => {
    try {
      return parse(json, 0).entries.size === 0;
    } catch (error) {
      return error instanceof SyntaxError &&
        error.message.startsWith("Cannot read f: expected ");
    }
  }));
});

Deno.test("safetensorsHeaderLength() refuses lengths that the file cannot hold", () => {
  const length = (bytes: number[], fileBytes: number) => () =>
    safetensorsHeaderLength(Uint8Array.from(bytes), { fileBytes, file: "f" });
  assertThrows(
    length([1, 0], 2),
    SyntaxError,
    "expected at least 8 bytes, got 2 bytes",
  );
  assertThrows(
    length([9, 0, 0, 0, 0, 0, 0, 0], 16),
    SyntaxError,
    "expected at least 17 bytes",
  );
  const huge = [255, 255, 255, 255, 255, 255, 255, 255];
  assertThrows(
    length(huge, 1e9),
    SyntaxError,
    "a header of at most 100000000 bytes, got a header of 18446744073709551615",
  );
});

Deno.test("repeatedKey() finds what JSON.parse would drop, and nothing else", () => {
  const found = [
    '{"a":1,"a":2}',
    '{"x":{"b":[{"c":1,"c":1}]}}',
    '{"a\\"":1, "a\\u0022" :2}',
  ].map(repeatedKey);
  assertEquals(found, ["a", "c", 'a"']);
  fc.assert(fc.property(fc.json(), (json) => repeatedKey(json) === undefined));
});
