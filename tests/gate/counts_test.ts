import { assertEquals } from "@std/assert";
import { closingLine, countsOf, sumOf } from "./counts.ts";

const PASSED = `<testcase name="a" time="0.1">\n</testcase>`;
const FAILED =
  `<testcase name="b"><failure message="x">&lt;testcase&gt;</failure></testcase>`;
const SKIPPED = `<testcase name="c"><skipped/></testcase>`;
const CLOSED = `<testcase name="d" />`;

function report(...cases: readonly string[]): string {
  return `<testsuites><testsuite name="./a_test.ts">${
    cases.join("\n")
  }</testsuite></testsuites>`;
}

Deno.test("countsOf() counts each kind of case when all occur", () => {
  const counts = countsOf(report(PASSED, FAILED, SKIPPED, CLOSED), 1);
  assertEquals(counts, { passed: 2, failed: 1, skipped: 1 });
});

Deno.test("countsOf() counts one failure when the run failed outside any case", () => {
  assertEquals(countsOf(report(PASSED), 1), {
    passed: 1,
    failed: 1,
    skipped: 0,
  });
  assertEquals(countsOf("", 1), { passed: 0, failed: 1, skipped: 0 });
});

Deno.test("countsOf() counts one failure when no test ran", () => {
  assertEquals(countsOf(report(SKIPPED), 0), {
    passed: 0,
    failed: 1,
    skipped: 1,
  });
});

Deno.test("closingLine() names skipped tests only when there are some", () => {
  assertEquals(
    closingLine({ passed: 3, failed: 0, skipped: 0 }),
    "3 passed, 0 failed",
  );
  assertEquals(
    closingLine({ passed: 3, failed: 1, skipped: 2 }),
    "3 passed, 1 failed, 2 skipped",
  );
});

Deno.test("sumOf() adds up every count of the runs", () => {
  const runs = [{ passed: 3, failed: 1, skipped: 0 }, {
    passed: 4,
    failed: 0,
    skipped: 2,
  }];
  assertEquals(sumOf(runs), { passed: 7, failed: 1, skipped: 2 });
});
