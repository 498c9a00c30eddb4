import { assertEquals, assertThrows } from "@std/assert";
import { pairTemplate } from "#lib/text/pair_template.ts";

const IDS = new Map([["[CLS]", 2], ["[SEP]", 3], ["<s>", 2], ["</s>", 3]]);
const TOKENIZER = {
  special: { cls: 2, sep: 3 },
  id: (token: string) => IDS.get(token),
};

/** A template as `tokenizer.json` writes it, from pieces with their segments. */
function template(form: string) {
  const pair = form.split(" ").map((piece) => {
    const [id, segment] = piece.split(":") as [string, string];
    const content = { id, type_id: Number(segment) };
    return /^[AB]$/.test(id)
      ? { Sequence: content }
      : { SpecialToken: content };
  });
  return { type: "TemplateProcessing", single: [], pair, special_tokens: {} };
}

const ROBERTA = template("<s>:0 A:0 </s>:0 </s>:0 B:0 </s>:0");

Deno.test("pairTemplate() says how a pair is joined", () => {
  const one = (segments: boolean) => ({ separators: 1, segments } as const);
  const two = (segments: boolean) => ({ separators: 2, segments } as const);
  const cases = [
    [undefined, undefined],
    [null, undefined],
    [7, undefined],
    [{ type: "ByteLevel" }, undefined],
    [{ type: "Sequence", processors: "none" }, undefined],
    [{ type: "BertProcessing", sep: ["[SEP]", 3] }, one(true)],
    [{ type: "RobertaProcessing", sep: ["</s>", 3] }, two(false)],
    [template("[CLS]:0 A:0 [SEP]:0 B:1 [SEP]:1"), one(true)],
    [template("[CLS]:0 A:0 [SEP]:0 B:0 [SEP]:0"), one(false)],
    [template("<s>:0 A:0 </s>:0 </s>:0 B:1 </s>:1"), two(true)],
    [ROBERTA, two(false)],
    [
      { type: "Sequence", processors: [{ type: "ByteLevel" }, null, ROBERTA] },
      two(false),
    ],
  ] as const;
  for (const [post_processor, expected] of cases) {
    assertEquals(pairTemplate({ post_processor }, TOKENIZER), expected);
  }
});

Deno.test("pairTemplate() refuses a form that no cross-encoder here has", () => {
  const cases = [
    ["A:0 B:0", "A:0 B:0"],
    ["<s>:0 A:0 </s>:0 <s>:0 B:0 </s>:0", "[SEP]:0 [CLS]:0 B:0"],
    ["[CLS]:0 B:0 [SEP]:0 A:1 [SEP]:1", "[CLS]:0 B:0 [SEP]:0 A:1 [SEP]:1"],
    ["[CLS]:0 A:0 [X]:0 B:1 [SEP]:1", "A:0 [X]:0 B:1"],
    ["[CLS]:0 A:0 [SEP]:0 B:1", "[CLS]:0 A:0 [SEP]:0 B:1"],
    ["[CLS]:0 A:0 [SEP]:0 B:2 [SEP]:2", "B:2 [SEP]:2"],
    ["[CLS]:2 A:0 [SEP]:0 B:1 [SEP]:1", "[CLS]:2 A:0"],
  ] as const;
  for (const [form, got] of cases) {
    const error = assertThrows(
      () => pairTemplate({ post_processor: template(form) }, TOKENIZER),
      RangeError,
      "Cannot read tokenizer.json: expected a pair of the form [CLS] A [SEP] B [SEP], with " +
        "one or two [SEP] between and B of segment 0 or 1, got",
    );
    assertEquals(error.message.includes(got), true, error.message);
  }
  const hostile = { type: "TemplateProcessing", pair: [null, 7, "A", {}] };
  assertThrows(
    () => pairTemplate({ post_processor: hostile }, TOKENIZER),
    RangeError,
    "expected a pair of the form",
  );
});
