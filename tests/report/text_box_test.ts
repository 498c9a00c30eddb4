import { assertAlmostEquals, assertEquals } from "@std/assert";
import { type MeasuredElement, textBox } from "#lib/report/text_box.ts";

/** Ten pixels a letter, at any size. */
const measure = (text: string) => 10 * text.length;

function element(
  tagName: string,
  attributes: Record<string, string>,
  inside: MeasuredElement[] | string = [],
): MeasuredElement {
  const children = typeof inside === "string" ? [] : inside;
  const made: MeasuredElement = {
    tagName,
    textContent: typeof inside === "string"
      ? inside
      : children.map((child) => child.textContent).join(""),
    parentElement: null,
    getAttribute: (name) => attributes[name] ?? null,
    querySelectorAll: (selector) =>
      selector === "text"
        ? children.filter((child) => child.tagName === "text")
        : [],
  };
  for (const child of children) Object.assign(child, { parentElement: made });
  return made;
}

Deno.test("textBox() puts a text round its anchor", () => {
  const at = (anchor: string) =>
    textBox(
      element("text", {
        x: "100",
        y: "50",
        "font-size": "10",
        "text-anchor": anchor,
      }, "ab"),
      measure,
    ).x;
  assertEquals(["start", "middle", "end"].map(at), [100, 90, 80]);
});

Deno.test("textBox() applies transforms of a group's texts but not the group's own, unless in the page", () => {
  const text = element(
    "text",
    { x: "0", y: "0", transform: "translate(5,0)" },
    "a",
  );
  const group = element("g", { transform: "translate(100, 0)" }, [text]);
  assertEquals(textBox(group, measure).x, 5);
  assertEquals(textBox(group, measure, { inPage: true }).x, 105);
});

Deno.test("textBox() turns width into height when a text is rotated by a right angle", () => {
  const text = element("text", {
    x: "10",
    y: "10",
    transform: "rotate(-90,10,10)",
    "font-size": "10",
  }, "abc");
  const group = element("g", {}, [text]);
  const box = textBox(group, measure);
  assertAlmostEquals(box.width, 12, 1e-9);
  assertAlmostEquals(box.height, 30, 1e-9);
  assertAlmostEquals(box.y, 10 - 30, 1e-9);
});

Deno.test("textBox() of an element without text is empty at its place", () => {
  const mark = element("path", { transform: "translate(3,4) scale(2)" });
  assertEquals(textBox(mark, measure, { inPage: true }), {
    x: 3,
    y: 4,
    width: 0,
    height: 0,
  });
});
