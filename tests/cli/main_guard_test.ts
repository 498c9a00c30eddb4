import { assertEquals, assertStringIncludes } from "@std/assert";
import { printJson, reportError } from "#lib/cli/main_guard.ts";

/** What a call prints with `console.log` or `console.error`. */
function printed<T>(
  call: () => T,
): { readonly value: T; readonly lines: string[] } {
  const { log, error } = console;
  const lines: string[] = [];
  console.log = console.error = (line: string) => void lines.push(line);
  try {
    return { value: call(), lines };
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("reportError() prints a mistake as one line, for exit code 2", () => {
  const { value, lines } = printed(() =>
    reportError(new RangeError("Cannot do\nit: expected a, got b"), false)
  );
  assertEquals([value, lines], [2, ["error: Cannot do it: expected a, got b"]]);
});

Deno.test("reportError() shows the stack for --debug alone", () => {
  const error = new RangeError("Cannot do it");
  const { lines } = printed(() => reportError(error, true));
  assertEquals(lines, ["error: Cannot do it", error.stack!]);
});

Deno.test("reportError() calls anything else a defect, for exit code 1", () => {
  for (
    const [error, part] of [[
      new TypeError("x is undefined"),
      "TypeError: x is undefined",
    ], ["text", "text"]] as const
  ) {
    const { value, lines } = printed(() => reportError(error, false));
    assertEquals([value, lines.length], [1, 1]);
    assertStringIncludes(lines[0]!, part);
    assertStringIncludes(lines[0]!, "--debug shows the stack");
  }
});

Deno.test("reportError() says which permission was refused, for exit code 2", () => {
  const refused = new Deno.errors.NotCapable('Requires read access to "a"');
  const { value, lines } = printed(() => reportError(refused, false));
  assertEquals(value, 2);
  assertStringIncludes(lines[0]!, 'Requires read access to "a"');
});

Deno.test("reportError() repeats what an interruption says, for exit code 130", () => {
  const stopped = (message: string) =>
    printed(() => reportError(new DOMException(message, "AbortError"), false));
  assertEquals(stopped("interrupted"), { value: 130, lines: ["Stopped."] });
  assertEquals(stopped("Stopped after step 3."), {
    value: 130,
    lines: ["Stopped after step 3."],
  });
});

Deno.test("printJson() prints one line", () => {
  assertEquals(printed(() => printJson({ a: ["x\ny"] })).lines, [
    '{"a":["x\\ny"]}',
  ]);
});
