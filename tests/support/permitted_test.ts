import { assertEquals } from "@std/assert";
import { skipping } from "./permitted.ts";

Deno.test("skipping() registers every form of test as skipped when it is called", () => {
  const seen: [string, boolean | undefined][] = [];
  const test = skipping(({ name, ignore }) => seen.push([name, ignore]));
  test("by name", () => {});
  test({ name: "by definition", fn: () => {} });
  test(function byFunction() {});
  test("with settings", { sanitizeOps: false }, () => {});
  test({ sanitizeOps: false }, function afterSettings() {});
  test.ignore("ignored", () => {});
  const names = [
    "by name",
    "by definition",
    "byFunction",
    "with settings",
    "afterSettings",
    "ignored",
  ];
  assertEquals(seen, names.map((name) => [name, true]));
});
