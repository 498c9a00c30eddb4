import { assertEquals, assertStringIncludes } from "@std/assert";
import { table } from "#lib/report/table.ts";
import { DISPLAY } from "#lib/report/mime_bundle.ts";

Deno.test("table() puts the points of a column under each other when numbers differ in size", () => {
  const { text } = table([{ name: "a", value: 1.5 }, {
    name: "bcd",
    value: 120,
  }]);
  assertEquals(
    text,
    ["name    value", "----  -------", "a       1.500", "bcd   120.000"].join(
      "\n",
    ),
  );
});

Deno.test("table() sets whole numbers without digits and with thousands apart", () => {
  const { text } = table([{ documents: 1234567 }, { documents: 12 }]);
  assertEquals(
    text,
    ["documents", "---------", "1,234,567", "       12"].join("\n"),
  );
});

Deno.test("table() sets an interval, a unit and a dash", () => {
  const rows = [
    { ndcg: { value: 0.5123, low: 0.498, high: 0.5261 }, time: 2 },
    {},
  ];
  const { markdown } = table(rows, {
    units: { time: "s" },
    digits: { ndcg: 3, time: 1 },
  });
  assertEquals(
    markdown,
    "| ndcg | time (s) |\n| --: | --: |\n| 0.512 [0.498, 0.526] | 2.0 |\n| – | – |",
  );
});

Deno.test("table() keeps text on the left and NaN and infinity visible", () => {
  const { text } = table([{ loss: NaN, say: "x" }, {
    loss: -Infinity,
    say: "yz",
  }]);
  assertEquals(
    text,
    ["loss  say", "----  ---", " NaN  x", "  -∞  yz"].join("\n"),
  );
});

Deno.test("table() writes no minus before a number that rounds to zero", () => {
  assertEquals(table([{ a: -0.0001 }]).text.split("\n").at(-1), "0.000");
});

Deno.test("table() counts wide letters as two places", () => {
  const { text } = table([{ 語: "東京", n: 1 }, { 語: "a", n: 2 }]);
  assertEquals(text, ["語    n", "----  -", "東京  1", "a     2"].join("\n"));
});

Deno.test("table() escapes what Markdown and HTML would read", () => {
  const { markdown, html } = table([{ a: "<s>|" }], { caption: "A & B" });
  assertStringIncludes(markdown!, "| &lt;s>\\| |");
  assertStringIncludes(html!, '<td style="text-align:left">&lt;s&gt;|</td>');
  assertStringIncludes(html!, "<caption>A &amp; B</caption>");
});

Deno.test("table() takes the columns it is told, in that order", () => {
  const { text } = table([{ a: 1, b: 2, c: 3 }], { columns: ["c", "a"] });
  assertEquals(text.split("\n")[0], "c  a");
});

Deno.test("table() can stand last in a notebook cell", () => {
  const item = table([{ a: 1 }]) as unknown as Record<
    symbol,
    () => Record<string, string>
  >;
  assertEquals(Object.keys(item[DISPLAY]!()), [
    "text/html",
    "text/markdown",
    "text/plain",
  ]);
});
