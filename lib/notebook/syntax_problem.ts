/**
 * What Deno's parser has to say against a piece of TypeScript.
 *
 * @param code Any text; top-level `await` is allowed.
 * @returns The first problem in one line, or `undefined` where it parses.
 *
 * @example Usage
 * ```ts
 * import { syntaxProblem } from "#lib/mod.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await syntaxProblem("const a = 1;"), undefined);
 * assertEquals(await syntaxProblem("let a = = 1"), "Expression expected (line 1, column 9)");
 * ```
 */
export async function syntaxProblem(code: string): Promise<string | undefined> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--no-config", "--ext", "ts", "-"],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const { success, stderr } = await process.output();
  if (success) return undefined;
  const text = new TextDecoder().decode(stderr);
  const found = text.match(/SyntaxError: (.*)\n[^]*?_stdin\.ts:(\d+):(\d+)/);
  return found
    ? `${found[1]} (line ${found[2]}, column ${found[3]})`
    : text.trim().split("\n")[0]!;
}
