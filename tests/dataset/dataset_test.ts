import "#tests/support/permitted.ts";
import { carveDev } from "#lib/dataset/carve_dev.ts";
import { type Dataset, poolOf, splitOf } from "#lib/dataset/dataset.ts";
import { limitDataset } from "#lib/dataset/limit_dataset.ts";
import { writeLicences } from "#lib/dataset/write_licences.ts";
import { stream } from "#lib/num/stream.ts";
import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";

const ids = Array.from({ length: 100 }, (_, i) => `q${i}`);

/** 100 training queries, each with a document of its own, a negative and a tuple. */
const dataset: Dataset = {
  name: "toy",
  queries: new Map(ids.map((id) => [id, `query ${id}`])),
  documents: new Map(ids.map((id) => [`d-${id}`, `document of ${id}`])),
  qrels: { train: new Map(ids.map((id) => [id, new Map([[`d-${id}`, 1]])])) },
  pools: { train: ids.map((id) => `d-${id}`) },
  negatives: new Map(ids.map((id, i) => [id, [`d-${ids[(i + 1) % 100]}`]])),
  tuples: ids.map((id) => ({ query: id, documents: [`d-${id}`, "d-q0"] })),
};

Deno.test("carveDev() deals every training query to exactly one side", () => {
  const carved = carveDev(dataset, stream(1, "dev"), { fraction: 0.2 });
  const [train, dev] = [splitOf(carved, "train"), splitOf(carved, "dev")];
  assertEquals([train.size, dev.size], [80, 20]);
  assertEquals(new Set([...train.keys(), ...dev.keys()]), new Set(ids));
  assertEquals([...carved.negatives!.keys()], [...train.keys()]);
  assertEquals(carved.tuples!.map(({ query }) => query), [...train.keys()]);
});

Deno.test("carveDev() takes the same queries for the same stream, and others for another", () => {
  const dev = (
    seed: number,
  ) => [...splitOf(carveDev(dataset, stream(seed, "dev")), "dev").keys()];
  assertEquals(dev(1), dev(1));
  assertNotEquals(dev(1), dev(2));
});

Deno.test("carveDev() takes at least one query, leaves at least one, and at most what is asked", () => {
  const size = (fraction: number, most?: number) =>
    splitOf(
      carveDev(dataset, stream(1, "dev"), { fraction, ...(most && { most }) }),
      "dev",
    ).size;
  assertEquals([size(1e-9), size(0.9999), size(0.5, 7)], [1, 99, 7]);
});

Deno.test("carveDev() leaves a dataset with dev alone, and refuses what it cannot cut", () => {
  const withDev = { ...dataset, qrels: { ...dataset.qrels, dev: new Map() } };
  assertEquals(carveDev(withDev, stream(1, "dev")), withDev);
  for (const fraction of [0, 1, NaN]) {
    assertThrows(
      () => carveDev(dataset, stream(1, "dev"), { fraction }),
      RangeError,
      "Cannot carve dev out of toy",
    );
  }
});

Deno.test("limitDataset() keeps the judged documents of the kept queries, and fills up", () => {
  const small = limitDataset(dataset, { queries: 3, documents: 5 });
  assertEquals([...small.queries.keys()], ["q0", "q1", "q2"]);
  assertEquals([...small.documents.keys()], [
    "d-q0",
    "d-q1",
    "d-q2",
    "d-q3",
    "d-q4",
  ]);
  assertEquals(poolOf(small, "train").size, 5);
  assertEquals([...small.negatives!], [["q0", ["d-q1"]], ["q1", ["d-q2"]], [
    "q2",
    ["d-q3"],
  ]]);
  assertEquals(small.tuples!.length, 3);
});

Deno.test("limitDataset() never drops a judged document, and refuses limits below 1", () => {
  assertEquals(limitDataset(dataset, { documents: 1 }).documents.size, 100);
  assertEquals(limitDataset(dataset, {}).queries.size, 100);
  assertThrows(
    () => limitDataset(dataset, { queries: 0 }),
    RangeError,
    "at least 1 of queries, got 0",
  );
});

Deno.test("splitOf() lists the splits there are, and takes no name of Object's", () => {
  assertThrows(
    () => splitOf(dataset, "test"),
    RangeError,
    'expected one of train, got "test"',
  );
  assertThrows(
    () => splitOf(dataset, "constructor"),
    RangeError,
    'got "constructor"',
  );
});

Deno.test("poolOf() gives the pool in its order, else every document", () => {
  assertEquals(poolOf(dataset, "test"), dataset.documents);
  const pooled = { ...dataset, pools: { test: ["d-q5", "d-q1"] } };
  assertEquals([...poolOf(pooled, "test").keys()], ["d-q5", "d-q1"]);
});

Deno.test("writeLicences() writes nothing for a dataset without licences", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await writeLicences(folder, dataset);
    assertEquals([...Deno.readDirSync(folder)], []);
    await writeLicences(folder, {
      ...dataset,
      licences: [{ origin: "a", text: "A." }, { origin: "b", text: "B." }],
    });
    const text = await Deno.readTextFile(`${folder}/LICENSE-toy`);
    assert(text.includes("Made from a,") && text.includes("B."));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
