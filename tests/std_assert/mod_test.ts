import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  equal,
  fail,
} from "@std/assert";
import { ok, rejects, throws } from "node:assert/strict";

/** Each assertion with one call that must pass and one that must fail. */
const pairs:
  readonly (readonly [name: string, passes: () => void, fails: () => void])[] =
    [
      ["assert()", () => assert(1), () => assert(0)],
      ["assertFalse()", () => assertFalse(0), () => assertFalse("x")],
      ["assertExists()", () => assertExists(0), () => assertExists(null)],
      [
        "assertEquals()",
        () => assertEquals({ a: [1] }, { a: [1] }),
        () => assertEquals({ a: [1] }, { a: [2] }),
      ],
      [
        "assertEquals() on NaN",
        () => assertEquals(NaN, NaN),
        () => assertEquals(NaN, 0),
      ],
      [
        "assertEquals() on signed zero",
        () => assertEquals(-0, -0),
        () => assertEquals(0, -0),
      ],
      [
        "assertEquals() on typed arrays",
        () => assertEquals(new Float32Array([1]), new Float32Array([1])),
        () =>
          assertEquals<ArrayLike<number>>(
            new Float32Array([1]),
            new Float64Array([1]),
          ),
      ],
      [
        "assertNotEquals()",
        () => assertNotEquals([1], [2]),
        () => assertNotEquals([1], [1]),
      ],
      [
        "assertStrictEquals()",
        () => assertStrictEquals("a", "a"),
        () => assertStrictEquals([], []),
      ],
      [
        "assertNotStrictEquals()",
        () => assertNotStrictEquals([], []),
        () => assertNotStrictEquals(1, 1),
      ],
      [
        "assertArrayIncludes()",
        () => assertArrayIncludes([[1], [2]], [[2]]),
        () => assertArrayIncludes([[1]], [[3]]),
      ],
      [
        "assertAlmostEquals()",
        () => assertAlmostEquals(1, 1.1, 0.2),
        () => assertAlmostEquals(1, 1.1, 0.05),
      ],
      [
        "assertAlmostEquals() on NaN",
        () => assertAlmostEquals(NaN, NaN),
        () => assertAlmostEquals(NaN, 0, 1e9),
      ],
      [
        "assertAlmostEquals() on infinities",
        () => assertAlmostEquals(Infinity, Infinity),
        () => assertAlmostEquals(1e300, Infinity),
      ],
      [
        "assertAlmostEquals() by default",
        () => assertAlmostEquals(1, 1 + 1e-8),
        () => assertAlmostEquals(1, 1 + 1e-6),
      ],
      ["assertGreater()", () => assertGreater(2, 1), () => assertGreater(1, 1)],
      [
        "assertGreaterOrEqual()",
        () => assertGreaterOrEqual(1, 1),
        () => assertGreaterOrEqual(NaN, 1),
      ],
      ["assertLess()", () => assertLess(1, 2), () => assertLess(NaN, 1)],
      [
        "assertLessOrEqual()",
        () => assertLessOrEqual(1, 1),
        () => assertLessOrEqual(2, 1),
      ],
      [
        "assertMatch()",
        () => assertMatch("abc", /b/),
        () => assertMatch("abc", /^b/),
      ],
      [
        "assertNotMatch()",
        () => assertNotMatch("abc", /^b/),
        () => assertNotMatch("abc", /b/g),
      ],
      [
        "assertStringIncludes()",
        () => assertStringIncludes("abc", "bc"),
        () => assertStringIncludes("abc", "ac"),
      ],
      [
        "assertInstanceOf()",
        () => assertInstanceOf(new Map(), Map),
        () => assertInstanceOf({}, Map),
      ],
      [
        "assertInstanceOf() on null",
        () => assertInstanceOf([], Array),
        () => assertInstanceOf(null, Object),
      ],
      ["fail()", () => {}, () => fail("reason")],
    ];

for (const [name, passes, fails] of pairs) {
  Deno.test(`${name} passes and fails as it should`, () => {
    passes();
    throws(fails, { name: "AssertionError" });
  });
}

Deno.test("assertThrows() returns the error when class and text agree", () => {
  const error = assertThrows(
    () => decodeURIComponent("%"),
    URIError,
    "malformed",
  );
  ok(error instanceof URIError);
});

Deno.test("assertThrows() fails when nothing, another class or another text is thrown", () => {
  const boom = () => {
    throw new RangeError("Cannot boom");
  };
  throws(() => assertThrows(() => 1), { name: "AssertionError" });
  throws(() => assertThrows(boom, SyntaxError), {
    message: /SyntaxError, got RangeError: Cannot boom/,
  });
  throws(() => assertThrows(boom, RangeError, "elsewhere"), {
    name: "AssertionError",
  });
  throws(() => assertThrows(() => Promise.reject(new RangeError())), {
    message: /assertRejects/,
  });
  throws(() => assertThrows(() => raise("text")), {
    message: /Expected an Error/,
  });
});

Deno.test("assertRejects() resolves to the error when class and text agree", async () => {
  const error = await assertRejects(
    () => Promise.reject(new RangeError("Cannot x")),
    RangeError,
    "Cannot",
  );
  ok(error instanceof RangeError);
});

Deno.test("assertRejects() fails when it resolves, throws at once, or differs", async () => {
  const reject = () => Promise.reject(new RangeError("Cannot x"));
  await rejects(assertRejects(() => Promise.resolve(1)), AssertionError);
  await rejects(
    assertRejects(() => raise(new RangeError("now"))),
    /but the function threw/,
  );
  await rejects(assertRejects(reject, SyntaxError), AssertionError);
  await rejects(assertRejects(reject, RangeError, "elsewhere"), AssertionError);
});

Deno.test("equal() compares by structure when values are nested", () => {
  ok(equal(new Map([[1, { a: 1 }]]), new Map([[1, { a: 1 }]])));
  ok(!equal(new Set([1]), new Set([2])));
});

function raise(thrown: unknown): never {
  throw thrown;
}
