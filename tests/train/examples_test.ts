import { assertEquals, assertThrows } from "@std/assert";
import type { Dataset } from "#lib/dataset/dataset.ts";
import { hasGivenNegatives, trainingSet } from "#lib/train/examples.ts";

const dataset: Dataset = {
  name: "toy",
  queries: new Map([["q1", "one"], ["q2", "two"]]),
  documents: new Map(["a", "b", "c", "d"].map((id) => [id, `text ${id}`])),
  qrels: {
    train: new Map([
      ["q1", new Map([["a", 1], ["b", 0]])],
      ["q2", new Map([["c", 2], ["d", 1]])],
    ]),
  },
  negatives: new Map([["q1", ["a", "b", "c"]]]),
  tuples: [
    { query: "q2", documents: ["c", "a", "b"], scores: [3, 2, 1] },
    { query: "q1", documents: ["a", "d"] },
  ],
};
const options = { split: "train", distil: false, negatives: "none" } as const;

Deno.test("trainingSet() lists the split's queries with what is relevant to them", () => {
  const set = trainingSet(dataset, options);
  assertEquals([set.size, set.documents], [2, ["a", "b", "c", "d"]]);
  assertEquals(set.example(0), {
    query: "q1",
    positives: ["a"],
    negatives: [],
  });
  assertEquals(set.example(1).positives, ["c", "d"]);
});

Deno.test("trainingSet() takes given negatives, relevant ones left out", () => {
  const set = trainingSet(dataset, { ...options, negatives: "given" });
  assertEquals(set.example(0).negatives, ["b", "c"]);
  assertEquals(set.example(1).negatives, []);
});

Deno.test("trainingSet() takes a query's tuples for given negatives where there is no list of them", () => {
  const { negatives: _, ...bare } = dataset;
  const tuples = [
    ...dataset.tuples!,
    { query: "q1", documents: ["a", "d", "c", "b"] },
  ];
  const set = trainingSet({ ...bare, tuples }, {
    ...options,
    negatives: "given",
  });
  assertEquals(set.example(0).negatives, ["d", "c", "b"]);
  assertEquals(set.example(1).negatives, ["a", "b"]);
  assertEquals([bare, { ...bare, tuples: undefined! }].map(hasGivenNegatives), [
    true,
    false,
  ]);
});

Deno.test("trainingSet() mines a query's negatives when it is first drawn, and once", () => {
  const asked: string[] = [];
  const rank = (query: string) => {
    asked.push(query);
    return [["d", 3], ["c", 2], ["a", 1]] as const;
  };
  const set = trainingSet(dataset, { ...options, negatives: rank });
  assertEquals(asked, []);
  assertEquals(set.example(1).negatives, ["a"]);
  assertEquals(set.example(1).negatives, ["a"]);
  assertEquals(asked, ["two"]);
});

Deno.test("trainingSet() distils the tuples that have scores", () => {
  const set = trainingSet(dataset, { ...options, distil: true });
  assertEquals(set.size, 1);
  assertEquals(set.example(0), {
    query: "q2",
    positives: ["c"],
    negatives: ["a", "b"],
    teacher: new Map([["c", 3], ["a", 2], ["b", 1]]),
  });
});

Deno.test("trainingSet() draws from the split's own documents", () => {
  const pools = { train: ["b", "d"] };
  assertEquals(trainingSet({ ...dataset, pools }, options).documents, [
    "b",
    "d",
  ]);
});

Deno.test("trainingSet() refuses a split that is not there, and one without queries", () => {
  assertThrows(
    () => trainingSet(dataset, { ...options, split: "dev" }),
    RangeError,
    'Cannot use a split of toy: expected one of train, got "dev"',
  );
  assertThrows(
    () => trainingSet({ ...dataset, tuples: [] }, { ...options, distil: true }),
    RangeError,
    "Cannot train on toy: expected queries in split train, got none",
  );
});
