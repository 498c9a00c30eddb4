import { assertAlmostEquals, assertEquals, assertFalse } from "@std/assert";
import { filesOf, hasCode, isExcluded, verdict } from "./coverage.ts";

const LCOV = `SF:/somewhere/lib/num/mean.ts
DA:1,3
DA:2,0
LH:1
LF:2
end_of_record
SF:/somewhere/tests/num/mean_test.ts
DA:1,1
end_of_record
`;

Deno.test("filesOf() counts the lines of lib only when tests are in the report too", () => {
  assertEquals(filesOf(LCOV), [{ path: "num/mean.ts", found: 2, hit: 1 }]);
});

Deno.test("hasCode() tells code from types when both look alike", () => {
  assertEquals(
    hasCode(
      "/** const */\nexport interface A {\n  const: number;\n}\nexport type B = A;",
    ),
    false,
  );
  assertEquals(
    hasCode(`export * from "./a.ts";\nexport type { B } from "./b.ts";`),
    false,
  );
  for (
    const code of [
      "export const a = 1;",
      "async function f() {}",
      "export class A {}",
    ]
  ) {
    assertEquals(hasCode(code), true, code);
  }
});

Deno.test("verdict() complains when a file is never loaded or too few lines run", () => {
  const files = [{ path: "num/mean.ts", found: 20, hit: 19 }];
  assertEquals(verdict(files, ["num/mean.ts"]).complaints, []);
  assertAlmostEquals(verdict(files, []).share, 0.95, 1e-12);
  assertEquals(verdict(files, ["num/mean.ts", "num/power.ts"]).complaints, [
    "no test loads lib/num/power.ts",
  ]);
  assertFalse(
    verdict([{ path: "num/mean.ts", found: 100, hit: 89 }], []).complaints
      .length === 0,
  );
  assertFalse(verdict([], []).complaints.length === 0);
});

Deno.test("isExcluded() knows files and whole folders", () => {
  assertEquals(isExcluded("notebook/adapter.ts"), true);
  assertEquals(isExcluded("engine/torch/kernels/linear.ts"), true);
  assertEquals(isExcluded("engine/torch.ts"), false);
  assertEquals(isExcluded("engine/onnx/team.ts"), false);
});
