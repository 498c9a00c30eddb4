import { assertEquals, assertThrows } from "@std/assert";
import { pairSeparators } from "#lib/text/pair_separators.ts";

const IDS = new Map([["[CLS]", 2], ["[SEP]", 3], ["<s>", 2], ["</s>", 3]]);
const TOKENIZER = {
  special: { cls: 2, sep: 3 },
  id: (token: string) => IDS.get(token),
};

/** A template as `tokenizer.json` writes it. */
function template(form: string) {
  const pair = form.split(" ").map((piece) =>
    /^[AB]$/.test(piece)
      ? { Sequence: { id: piece, type_id: 0 } }
      : { SpecialToken: { id: piece, type_id: 0 } }
  );
  return { type: "TemplateProcessing", single: [], pair, special_tokens: {} };
}

Deno.test("pairSeparators() counts what stands between two texts", () => {
  const cases = [
    [undefined, undefined],
    [null, undefined],
    [{ type: "ByteLevel" }, undefined],
    [{ type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] }, 1],
    [{ type: "RobertaProcessing", sep: ["</s>", 3], cls: ["<s>", 2] }, 2],
    [template("[CLS] A [SEP] B [SEP]"), 1],
    [template("<s> A </s> </s> B </s>"), 2],
    [
      {
        type: "Sequence",
        processors: [
          { type: "ByteLevel" },
          template("<s> A </s> </s> B </s>"),
        ],
      },
      2,
    ],
  ] as const;
  for (const [post_processor, expected] of cases) {
    assertEquals(pairSeparators({ post_processor }, TOKENIZER), expected);
  }
});

Deno.test("pairSeparators() refuses a form that no cross-encoder here has", () => {
  const cases = [
    ["A B", '"A B"'],
    ["<s> A </s> <s> B </s>", '"[CLS] A [SEP] [CLS] B [SEP]"'],
    ["[CLS] B [SEP] A [SEP]", '"[CLS] B [SEP] A [SEP]"'],
    ["[CLS] A [X] B [SEP]", '"[CLS] A [X] B [SEP]"'],
    ["[CLS] A [SEP] B", '"[CLS] A [SEP] B"'],
  ] as const;
  for (const [form, got] of cases) {
    assertThrows(
      () => pairSeparators({ post_processor: template(form) }, TOKENIZER),
      RangeError,
      `Cannot read tokenizer.json: expected a pair of the form [CLS] A [SEP] B [SEP], with ` +
        `one or two [SEP] between, got ${got}`,
    );
  }
  const hostile = { type: "TemplateProcessing", pair: [null, 7, "A", {}] };
  assertThrows(
    () => pairSeparators({ post_processor: hostile }, TOKENIZER),
    RangeError,
    "expected a pair of the form",
  );
});
