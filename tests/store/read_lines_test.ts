import "#tests/support/permitted.ts";
import { plainOrGzipped, readLines } from "#lib/store/read_lines.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { inTemporaryFolder } from "./failing_file_system.ts";

/** The lines of a file with the given bytes. */
async function linesOf(
  bytes: Uint8Array<ArrayBuffer>,
  name = "a",
): Promise<string[]> {
  const lines: string[] = [];
  await inTemporaryFolder(async (folder) => {
    await Deno.writeFile(`${folder}/${name}`, bytes);
    for await (const { text, line } of readLines(`${folder}/${name}`)) {
      lines.push(text);
      assertEquals(line, lines.length);
    }
  });
  return lines;
}

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("readLines() splits as split() does, plain and gzipped, also across blocks", async () => {
  const text = fc.array(fc.stringMatching(/^[^\n\r\ufeff]{0,9}$/), {
    maxLength: 9,
  }).map((lines) => lines.join("\n"));
  await fc.assert(
    fc.asyncProperty(text, async (text) => {
      const expected = text === "" ? [] : text.replace(/\n$/, "").split("\n");
      const well = expected.map((line) => line.toWellFormed());
      assertEquals(await linesOf(encode(text)), well);
      const gzip = new Blob([text]).stream().pipeThrough(
        new CompressionStream("gzip"),
      );
      assertEquals(
        await linesOf(await new Response(gzip).bytes(), "a.gz"),
        well,
      );
    }),
    { numRuns: 40 },
  );
  const long = Array.from({ length: 500 }, (_, i) => "é".repeat(i));
  assertEquals(await linesOf(encode(long.join("\r\n"))), long);
  // Three blocks of 2^20 bytes, cut inside lines and inside letters.
  const many = Array.from({ length: 30_000 }, (_, i) => `${i}é€`.repeat(10));
  assertEquals(await linesOf(encode(many.join("\n"))), many);
});

Deno.test("readLines() names the line that is no UTF-8", async () => {
  await assertRejects(
    () => linesOf(Uint8Array.of(97, 10, 0xff, 10)),
    SyntaxError,
    "/a:2: expected UTF-8 text, got other bytes",
  );
});

Deno.test("readLines() gives the lines before the one that is no UTF-8", async () => {
  await inTemporaryFolder(async (folder) => {
    const bytes = [...encode("é\r\n\n"), 0xc3, 10, 97, 10];
    await Deno.writeFile(`${folder}/a`, Uint8Array.from(bytes));
    const read: string[] = [];
    const error = await assertRejects(async () => {
      for await (const { text } of readLines(`${folder}/a`)) read.push(text);
    }, SyntaxError);
    assertStringIncludes(error.message, "/a:3: expected UTF-8 text");
    assertEquals(read, ["é", ""]);
  });
});

Deno.test("readLines() leaves a byte order mark out, at the start of any line", async () => {
  const marked = encode("\ufeffa\nb\ufeff\n\ufeffc\r");
  assertEquals(await linesOf(marked), ["a", "b\ufeff", "c"]);
});

Deno.test("readLines() names a file that is not there", async () => {
  await assertRejects(
    () => Array.fromAsync(readLines("none")),
    Deno.errors.NotFound,
    "Cannot read none: expected a text file, got no such file",
  );
});

Deno.test("readLines() closes its file when the reader stops early", async () => {
  await inTemporaryFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/a`, "1\n2\n3\n");
    for await (const { text } of readLines(`${folder}/a`)) {
      if (text === "2") break;
    }
  });
});

Deno.test("plainOrGzipped() prefers the plain file and takes no folder", async () => {
  await inTemporaryFolder(async (folder) => {
    await Deno.mkdir(`${folder}/a`);
    assertEquals(await plainOrGzipped(`${folder}/a`), undefined);
    await Deno.writeTextFile(`${folder}/b`, "");
    await Deno.writeTextFile(`${folder}/b.gz`, "");
    assertEquals(await plainOrGzipped(`${folder}/b`), `${folder}/b`);
  });
});
